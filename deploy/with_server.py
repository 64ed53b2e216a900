# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a command beside an omserve that this script starts and stops.

usage: with_server.py [--build DIR] [--models DIR] [--devices N] [--profile FILE] -- COMMAND...

The command sees OMSERVE_SERVER and OMSERVE_CONTROL (host:port), OMSERVE_METRICS and OMSERVE_PID. The server listens on
free loopback ports. Exit status: the command's, or 1 when the server did not start or stop well.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

ROOT = pathlib.Path(__file__).resolve().parent.parent
# As the image has it.
ALLOCATOR = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=64"}


class Server:
    """A running omserve: its process and where it listens."""

    def __init__(self, process: subprocess.Popen, ports: dict[str, int]):
        self.process = process
        self.ports = ports

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.ports['grpc']}"

    @property
    def control(self) -> str:
        return f"127.0.0.1:{self.ports['control']}"


@contextlib.contextmanager
def running_server(
    build: pathlib.Path,
    models: pathlib.Path,
    devices: int = 2,
    env: dict[str, str] | None = None,
    log: pathlib.Path | None = None,
    host_threads: int = 0,
    config_text: str = "",
    emulator: Sequence[str] = (),
    ready_seconds: float = 120,
    library: pathlib.Path | None = None,
) -> Iterator[Server]:
    """Starts a server on free ports; on leaving, sends SIGTERM and expects exit status 0.

    'config_text' is more of server.pbtxt; 'emulator' is the command that runs the program of another machine,
    'library' another than the build's.
    """
    with tempfile.TemporaryDirectory(prefix="omserve-") as scratch:
        folder = pathlib.Path(scratch)
        config = folder / "server.pbtxt"
        config.write_text(
            f'model_dir: "{models.resolve()}"\n'
            f"host_threads: {host_threads}\n"
            'listeners { grpc: "127.0.0.1:0" control: "127.0.0.1:0" health: "127.0.0.1:0" '
            'metrics: "127.0.0.1:0" }\n'
            + config_text
        )
        ports_file = folder / "ports.json"
        library = library or build / "hostacl/lib64/libascendcl.so"
        command = [
            *emulator,
            str(build / "bin/omserve"),
            f"--config={config}",
            f"--acl-library={library}",
            f"--ports-file={ports_file}",
        ]
        environment = ALLOCATOR | os.environ | {"HOSTACL_DEVICES": str(devices)} | (env or {})
        with open(log or os.devnull, "w") as out:
            process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        try:
            yield Server(process, _wait_for_ports(process, ports_file, log, ready_seconds))
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise RuntimeError("omserve did not stop within 30 s of SIGTERM") from None
        if process.returncode != 0:
            raise RuntimeError(f"omserve ended with status {process.returncode}{_tail(log)}")


def _wait_for_ports(
    process: subprocess.Popen, ports_file: pathlib.Path, log: pathlib.Path | None, seconds: float
) -> dict[str, int]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"omserve ended with status {process.returncode}{_tail(log)}")
        with contextlib.suppress(OSError, ValueError):
            return json.loads(ports_file.read_text())
        time.sleep(0.05)
    raise RuntimeError(f"omserve was not ready within {seconds:g} s{_tail(log)}")


def _tail(log: pathlib.Path | None) -> str:
    if log is None or not log.exists():
        return ""
    return "; the end of its log:\n" + "\n".join(log.read_text().splitlines()[-15:])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--models", type=pathlib.Path, default=ROOT / "build/models")
    parser.add_argument("--devices", type=int, default=2)
    parser.add_argument("--profile", type=pathlib.Path)
    parser.add_argument("--log", type=pathlib.Path)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        parser.error("give a command after --")
    env = {"HOSTACL_PROFILE": str(args.profile.resolve())} if args.profile else {}
    # What the gears take is measured once; a profile makes it another device.
    cache = "" if args.profile else f'cache_dir: "{ROOT / "build/gear_costs"}"\n'
    try:
        with running_server(
            args.build, args.models, args.devices, env, args.log, config_text=cache
        ) as server:
            environment = os.environ | {
                "OMSERVE_SERVER": server.address,
                "OMSERVE_CONTROL": server.control,
                "OMSERVE_METRICS": f"127.0.0.1:{server.ports['metrics']}",
                "OMSERVE_PID": str(server.process.pid),
            }
            return subprocess.call(command, env=environment)
    except RuntimeError as error:
        print(f"with_server: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
