# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The image for arm64, run by qemu's user-mode emulation, beside the build for this machine."""

from __future__ import annotations

import pathlib
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import grpc
from omserve.v1 import vision_pb2 as pb
from omserve.v1 import vision_pb2_grpc

from deploy.with_server import ROOT, Server, running_server
from tests.deploy import differences

NATIVE = ROOT / "build/release"
MODELS = ROOT / "build/models"
IMAGE = ROOT / "build/image/arm64/root"
# A CPU whose instructions arm64 servers have; by default the emulator has every extension there is.
CPU = "cortex-a76"
SCENES = sorted((ROOT / "models/samples").glob("scene_*.jpg"))
TOLERANCE = 1e-3
# Emulated it is some fifty times slower.
SECONDS = 500


@dataclass(frozen=True)
class Compared:
    difference: float  # as differences.of_answers, the largest of all scenes
    detections: int
    machine: str  # of the program that was emulated, as readelf says


def machine_of(program: pathlib.Path) -> str:
    done = subprocess.run(["readelf", "-h", str(program)], check=True, capture_output=True, text=True, timeout=60)
    return next(line.split(":")[1].strip() for line in done.stdout.splitlines() if "Machine:" in line)


def answers(server: Server, scenes: Sequence[pathlib.Path]) -> list[list[pb.Detection]]:
    """One scene after the other, so that both servers form the same batches."""
    with grpc.insecure_channel(server.address) as channel:
        stub = vision_pb2_grpc.VisionStub(channel)
        return [
            list(stub.Detect(pb.DetectRequest(model="vitdet", image=pb.Image(encoded=path.read_bytes())), timeout=SECONDS).detections)
            for path in scenes
        ]


# In namespaces of its own: the root is the image's, read-only; /tmp is ours; its folder of states stays, so that
# what gears take here is measured once.
INSIDE = """set -e
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
for folder in proc dev sys tmp; do mount --rbind "/$folder" "$1/$folder"; done
mount --bind "$2" "$1/run/omserve"
root=$1; shift 2
export LD_LIBRARY_PATH=/opt/omserve/lib
exec chroot "$root" "$@"
"""


def in_the_image(state: pathlib.Path) -> list[str]:
    """What a command of the image is written behind."""
    emulated = str(ROOT / "deploy/image/emulated.py")
    return ["/usr/bin/python3", emulated, "sh", "-c", INSIDE, "sh", str(IMAGE), str(state)]


def only_vitdet(folder: pathlib.Path, models: pathlib.Path) -> pathlib.Path:
    folder.mkdir()
    (folder / "vitdet").symlink_to(models / "vitdet")
    return folder


def compare(scenes: Sequence[pathlib.Path] = SCENES) -> Compared:
    """Both serve the same OM files, each from its own place. Needs `make arm64` and root."""
    state = IMAGE.with_name("state")
    state.mkdir(exist_ok=True)
    log = ROOT / "build/deploy/arm64.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="omserve-arm64-") as scratch:
        folder = pathlib.Path(scratch)
        with running_server(NATIVE, only_vitdet(folder / "here", MODELS), 1) as server:
            want = answers(server, scenes)
        with running_server(
            pathlib.Path("/opt/omserve"), only_vitdet(folder / "there", pathlib.Path("/models")), 1, log=log,
            # Nothing that takes so long hangs.
            config_text=f'cache_dir: "/run/omserve"\nscheduling {{ hang_ms: {SECONDS * 1000} }}\n',
            env={"QEMU_CPU": CPU}, emulator=in_the_image(state), ready_seconds=SECONDS,
            library=pathlib.Path("/opt/omserve/lib/libascendcl.so"),
        ) as server:  # fmt: skip
            got = answers(server, scenes)
    worst = max(differences.of_answers(ours, theirs) for ours, theirs in zip(want, got))
    return Compared(worst, sum(map(len, want)), machine_of(IMAGE / "opt/omserve/bin/omserve"))
