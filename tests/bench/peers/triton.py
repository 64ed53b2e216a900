# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A real Triton: the tritonserver of PyPI's nvidia-pytriton, with a C++ identity backend and, for the
ViT, its Python backend with OpenVINO."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.with_server import ROOT
from tests.bench.load import BUILD
from tests.bench.openvino_path import openvino_path
from tests.bench.peers.driver import Target
from tests.bench.peers.processes import free_ports, running

HOME = ROOT / "build/deps/triton/pytriton/tritonserver"
LARGEST_BATCH = 64
VIT_BATCH = 8


@dataclass(frozen=True)
class Setting:
    """How an identity is served. 'pool' is --grpc-infer-allocation-pool-size."""

    instances: int
    dynamic: bool
    pool: int

    @property
    def model(self) -> str:
        return f"{'dynamic' if self.dynamic else 'plain'}_{self.instances}"

    def __str__(self) -> str:
        batching = "dynamic batching, no delay" if self.dynamic else "no batching"
        plural = "s" if self.instances > 1 else ""
        return f"{batching}, {self.instances} instance{plural}, pool {self.pool}"


# 8 is Triton's own pool; 128 is more than there are requests in flight.
SETTINGS = [
    Setting(instances, dynamic, pool)
    for pool in (8, 128)
    for dynamic in (False, True)
    for instances in (1, 2)
]


def _tensor(kind: str, name: str, dims: str) -> str:
    return f'{kind} {{ name: "{name}" data_type: TYPE_FP32 dims: [ {dims} ] }}\n'


def _identity_config(setting: Setting) -> str:
    return (
        f'backend: "identity"\nmax_batch_size: {LARGEST_BATCH}\n'
        + _tensor("input", "INPUT0", "-1")
        + _tensor("output", "OUTPUT0", "-1")
        + f"instance_group {{ kind: KIND_CPU count: {setting.instances} }}\n"
        + ("dynamic_batching { max_queue_delay_microseconds: 0 }\n" if setting.dynamic else "")
    )


def _backends(folder: pathlib.Path) -> pathlib.Path:
    """The identity beside the Python backend of the wheel, which wants its stub at its side."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "identity").mkdir(parents=True)
    (folder / "python").mkdir()
    library = "libtriton_identity.so"
    (folder / "identity" / library).symlink_to(BUILD / "tests/peers/identity" / library)
    for file in (HOME / "backends/python").iterdir():
        (folder / "python" / file.name).symlink_to(file)
    stub = "triton_python_backend_stub"
    (folder / "python" / stub).symlink_to(HOME / "python_backend_stubs/3.11" / stub)
    return folder


@contextlib.contextmanager
def _server(folder: pathlib.Path, models: list[str], pool: int, env: dict[str, str]) -> Iterator[str]:
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    command = [
        HOME / "bin/tritonserver",
        f"--model-repository={folder / 'models'}",
        f"--backend-directory={_backends(folder / 'backends')}",
        "--grpc-address=127.0.0.1",
        f"--grpc-port={port}",
        f"--grpc-infer-allocation-pool-size={pool}",
        "--allow-http=false",
        "--allow-metrics=false",
        "--disable-auto-complete-config",
    ]
    with running(command, address, models, folder / "server.log", env):
        yield address


@contextlib.contextmanager
def identity(folder: pathlib.Path) -> Iterator[dict[Setting, Target]]:
    """Every setting at once; those with one pool share a process."""
    targets: dict[Setting, Target] = {}
    with contextlib.ExitStack() as stack:
        for pool in sorted({setting.pool for setting in SETTINGS}):
            here = folder / f"pool_{pool}"
            shutil.rmtree(here, ignore_errors=True)
            mine = [setting for setting in SETTINGS if setting.pool == pool]
            for setting in mine:
                (here / "models" / setting.model / "1").mkdir(parents=True)
                (here / "models" / setting.model / "config.pbtxt").write_text(
                    _identity_config(setting)
                )
            names = [setting.model for setting in mine]
            address = stack.enter_context(_server(here, names, pool, {}))
            targets |= {setting: Target(address, setting.model) for setting in mine}
        yield targets


@contextlib.contextmanager
def vit(folder: pathlib.Path, onnx: pathlib.Path) -> Iterator[dict[str, Target]]:
    """The ViT with two instances of one thread, and one of two with dynamic batching."""
    shutil.rmtree(folder, ignore_errors=True)
    forms = {"2 instances of 1 thread": (2, 1, ""), "1 instance of 2 threads, dynamic batching":
             (1, 2, "dynamic_batching { max_queue_delay_microseconds: 0 }\n")}
    names: dict[str, str] = {}
    for form, (instances, threads, batching) in forms.items():
        name = names[form] = f"vit_{instances}x{threads}"
        (folder / "models" / name / "1").mkdir(parents=True)
        (folder / "models" / name / "config.pbtxt").write_text(
            f'backend: "python"\nmax_batch_size: {VIT_BATCH}\n'
            + _tensor("input", "pixel_values", "3, 224, 224")
            + _tensor("output", "last_hidden_state", "197, 768")
            + f"instance_group {{ kind: KIND_CPU count: {instances} }}\n"
            + f'parameters {{ key: "threads" value {{ string_value: "{threads}" }} }}\n'
            + f'parameters {{ key: "onnx" value {{ string_value: "{onnx}" }} }}\n'
            + batching
        )
        model = folder / "models" / name / "1/model.py"
        model.symlink_to(ROOT / "tests/bench/peers/triton_vit.py")
    env = {"PYTHONPATH": f"{ROOT}:{openvino_path()}"}
    with _server(folder, list(names.values()), 8, env) as address:
        yield {
            form: Target(address, name, "pixel_values", "last_hidden_state")
            for form, name in names.items()
        }
