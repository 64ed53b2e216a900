# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A container of an image that deploy/image/build.sh made: namespaces of its own, a read-only root, uid 1000, no
capability. No engine, cgroup or image registry is needed; root is.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.deploy.rendering import ROOT

IMAGE = ROOT / "build/image"
UNPRIVILEGED = (
    "setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all",
)  # fmt: skip


def buildah(*arguments: str) -> str:
    done = subprocess.run(
        ["buildah", "--root", str(IMAGE / "storage"), "--runroot", str(IMAGE / "run"), *arguments],
        capture_output=True, text=True, timeout=300, check=False,
        env=os.environ | {"BUILDAH_ISOLATION": "chroot"},
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"buildah {arguments[0]}: {done.stderr}; was the image built by `make image`?")
    return done.stdout.strip()


def config(image: str) -> dict[str, Any]:
    """User, Env, Entrypoint, Cmd, Healthcheck ... as an engine reads them."""
    return json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]


@contextlib.contextmanager
def mounted(image: str) -> Iterator[pathlib.Path]:
    """The image's root folder."""
    working = buildah("from", "--pull-never", image)
    try:
        yield pathlib.Path(buildah("mount", working))
    finally:
        buildah("umount", working)
        buildah("rm", working)


@dataclass
class Container:
    process: subprocess.Popen[str]  # unshare, whose child is the container's first process
    root: pathlib.Path
    environment: list[str]
    started: float  # time.monotonic()
    log: pathlib.Path = field(default=pathlib.Path(os.devnull))

    def first_process(self) -> int:
        """As the outside numbers it."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        children = pathlib.Path(path).read_text().split()
        if not children:
            raise ProcessLookupError("the container has no process")
        return int(children[0])

    def run(self, *command: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """A command inside, as an engine runs a health check."""
        enter = ["nsenter", f"--target={self.first_process()}", "--mount", "--net", "--pid", "--ipc", "--uts", "--root", "--wd"]
        return subprocess.run(
            [*enter, *UNPRIVILEGED, "env", "-i", *self.environment, *command],
            input=given, capture_output=True, timeout=60, check=False,
        )  # fmt: skip

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM; its exit status."""
        os.kill(self.first_process(), signal.SIGTERM)
        return self.process.wait(timeout=seconds)


@contextlib.contextmanager
def running(image: str, folders: dict[pathlib.Path, str] | None = None) -> Iterator[Container]:
    """Entry point and command of the image, loopback only. 'folders': of the outside -> read-only inside."""
    made = config(image)
    with mounted(image) as root, tempfile.TemporaryDirectory(prefix="omserve-container-") as scratch:
        where = shlex.quote(str(root))
        command = [*UNPRIVILEGED, "env", "-i", *made["Env"], *made["Entrypoint"], *made["Cmd"]]
        binds = "".join(
            f"mount --bind {shlex.quote(str(outside))} {where}{inside}\nmount -o remount,bind,ro {where}{inside}\n"
            for outside, inside in (folders or {}).items()
        )
        script = f"""set -e
mount --make-rprivate /
mount --bind {where} {where}
{binds}mount -o remount,bind,ro {where}
mount -t proc proc {where}/proc
mount --rbind /dev {where}/dev
mount -t tmpfs -o nosuid,nodev,size=64m tmpfs {where}/tmp
mount -t tmpfs -o nosuid,nodev,size=64m,uid=1000,gid=1000 tmpfs {where}/run/omserve
ip link set lo up
exec chroot {where} {shlex.join(command)}
"""
        log = pathlib.Path(scratch, "log")
        with open(log, "w") as out:
            started = time.monotonic()
            process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child", "sh", "-c", script],
                stdout=out, stderr=out, text=True,
            )  # fmt: skip
            try:
                yield Container(process, root, made["Env"], started, log)
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait(timeout=30)


def wait_until_healthy(container: Container, check: list[str], seconds: float = 120) -> float:
    """Seconds from the container's start to the first answer of its health check."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if container.process.poll() is not None:
            raise RuntimeError(f"it ended: {container.log.read_text()[-2000:]}")
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            if container.run(*check).returncode == 0:
                return time.monotonic() - container.started
        time.sleep(0.1)
    raise TimeoutError(f"not healthy within {seconds} s: {container.log.read_text()[-2000:]}")


def size_mb(root: pathlib.Path) -> float:
    """Unpacked, in 10^6 bytes; a file with two names counts once."""
    seen: set[int] = set()
    total = 0
    for folder, _, names in os.walk(root):
        for name in names:
            status = os.lstat(os.path.join(folder, name))
            if status.st_ino not in seen:
                seen.add(status.st_ino)
                total += status.st_size
    return total / 1e6
