# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The build for arm64 as an image has it, run by qemu's user-mode emulation, beside the build for this machine."""

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
ARM64 = ROOT / "build/arm64"
MODELS = ROOT / "build/models"
SYSROOT = ROOT / "build/deps/aarch64/sysroot"
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


def lay_out(folder: pathlib.Path) -> pathlib.Path:
    """The programs and libraries that an image for arm64 takes, in the folders of a build."""
    image = folder / "image"
    subprocess.run(
        [str(ROOT / "deploy/image/collect.sh"), str(ARM64), str(MODELS), str(image)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (image / "hostacl").mkdir()
    (image / "hostacl/lib64").symlink_to(image / "lib")
    return image


def compare(scenes: Sequence[pathlib.Path] = SCENES) -> Compared:
    """Both serve the same OM files. Needs `make arm64`."""
    with tempfile.TemporaryDirectory(prefix="omserve-arm64-") as scratch:
        folder = pathlib.Path(scratch)
        models = folder / "models"
        models.mkdir()
        (models / "vitdet").symlink_to(MODELS / "vitdet")
        with running_server(NATIVE, models, 1) as server:
            want = answers(server, scenes)
        build = lay_out(folder)
        emulator = ("qemu-aarch64-static", "-cpu", CPU, "-L", str(SYSROOT), "-E", f"LD_LIBRARY_PATH={build / 'lib'}")
        # What the gears take here is measured once; nothing that takes so long hangs.
        config = f'cache_dir: "{ARM64 / "gear_costs"}"\nscheduling {{ hang_ms: {SECONDS * 1000} }}\n'
        log = ROOT / "build/deploy/arm64.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with running_server(
            build, models, 1, log=log, config_text=config, emulator=emulator, ready_seconds=SECONDS
        ) as server:
            got = answers(server, scenes)
        machine = machine_of(build / "bin/omserve")
    worst = max(differences.of_answers(ours, theirs) for ours, theirs in zip(want, got))
    return Compared(worst, sum(map(len, want)), machine)
