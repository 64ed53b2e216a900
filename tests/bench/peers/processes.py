# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Starts other servers of the KServe v2 protocol, waits for their models, and asks one of them."""

from __future__ import annotations

import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

import numpy as np

from deploy.with_server import ALLOCATOR, ROOT
from tests.bench.peers.driver import Target

sys.path.insert(0, str(ROOT / "build/deps/tritonclient/purelib"))
import tritonclient.grpc as client  # noqa: E402  pylint: disable=wrong-import-position

START_S = 180
MAX_MESSAGE = 64 << 20


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody has now: these servers cannot take port 0."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def running(
    command: Sequence[str | os.PathLike[str]],
    address: str,
    models: Sequence[str],
    log: pathlib.Path,
    env: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen]:
    """The process, once every model is ready; it is killed in the end."""
    with open(log, "w") as out:
        process = subprocess.Popen(
            [str(word) for word in command], env=ALLOCATOR | os.environ | (env or {}), stdout=out,
            stderr=out, start_new_session=True,
        )
    try:
        _wait(process, address, models, log)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


def _wait(
    process: subprocess.Popen, address: str, models: Sequence[str], log: pathlib.Path
) -> None:
    deadline = time.monotonic() + START_S
    with client.InferenceServerClient(address) as server:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            with contextlib.suppress(client.InferenceServerException):
                if all(server.is_model_ready(model) for model in models):
                    return
            time.sleep(0.2)
    last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise RuntimeError(f"{process.args[0]} at {address} is not ready; the end of {log}:\n{last}")


def answer(target: Target, tensor: np.ndarray) -> np.ndarray:
    """What the model makes of 'tensor' (float32, batch first)."""
    sizes = [(f"grpc.max_{way}_message_length", MAX_MESSAGE) for way in ("send", "receive")]
    with client.InferenceServerClient(target.address, channel_args=sizes) as server:
        given = client.InferInput(target.input, list(tensor.shape), "FP32")
        given.set_data_from_numpy(tensor)
        return server.infer(target.model, [given]).as_numpy(target.output)
