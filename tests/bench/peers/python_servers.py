# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Servers from PyPI that speak KServe v2 themselves: MLServer, and KServe's own."""

from __future__ import annotations

import contextlib
import json
import pathlib
import shutil
from collections.abc import Iterator

from deploy.with_server import ROOT
from tests.bench.openvino_path import openvino_path
from tests.bench.peers.driver import Target
from tests.bench.peers.processes import MAX_MESSAGE, free_ports, running

DEPS = ROOT / "build/deps"


def _targets(address: str, with_vit: bool) -> dict[str, Target]:
    targets = {"identity": Target(address, "identity")}
    if with_vit:
        targets["vit"] = Target(address, "vit", "pixel_values", "last_hidden_state")
    return targets


def _env(onnx: pathlib.Path | None) -> dict[str, str]:
    env = {"PYTHONPATH": f"{ROOT}:{openvino_path()}"}
    return env | ({"PEERS_ONNX": str(onnx)} if onnx else {})


@contextlib.contextmanager
def mlserver(folder: pathlib.Path, onnx: pathlib.Path | None) -> Iterator[dict[str, Target]]:
    """Its identity and, with 'onnx', its ViT. One process: workers would be two hops more."""
    shutil.rmtree(folder, ignore_errors=True)
    http, grpc, metrics = free_ports(3)
    for name in ["identity"] + (["vit"] if onnx else []):
        (folder / "models" / name).mkdir(parents=True)
        implementation = f"tests.bench.peers.mlserver_models.{name.capitalize()}"
        (folder / "models" / name / "model-settings.json").write_text(
            json.dumps({"name": name, "implementation": implementation})
        )
    settings = {
        "host": "127.0.0.1", "http_port": http, "grpc_port": grpc, "metrics_port": metrics,
        "parallel_workers": 0, "debug": False, "grpc_max_message_length": MAX_MESSAGE,
    }
    (folder / "models/settings.json").write_text(json.dumps(settings))
    command = [DEPS / "mlserver/bin/python", "-m", "mlserver.cli.main", "start", folder / "models"]
    address = f"127.0.0.1:{grpc}"
    targets = _targets(address, onnx is not None)
    with running(command, address, list(targets), folder / "server.log", _env(onnx)):
        yield targets


@contextlib.contextmanager
def kserve_python(folder: pathlib.Path, onnx: pathlib.Path | None) -> Iterator[dict[str, Target]]:
    """Its identity and, with 'onnx', its ViT."""
    folder.mkdir(parents=True, exist_ok=True)
    http, grpc = free_ports(2)
    command = [
        DEPS / "kserve/bin/python", "-m", "tests.bench.peers.kserve_server",
        f"--http_port={http}", f"--grpc_port={grpc}", "--enable_latency_logging=false",
        f"--grpc_max_send_message_length={MAX_MESSAGE}",
        f"--grpc_max_receive_message_length={MAX_MESSAGE}",
    ]
    address = f"127.0.0.1:{grpc}"
    targets = _targets(address, onnx is not None)
    with running(command, address, list(targets), folder / "server.log", _env(onnx)):
        yield targets
