# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A bare OpenVINO loop over an ONNX model: `python vit_bare.py ONNX`.

Answers every line `STREAMS BATCH SECONDS` of standard input with images/s; one thread a stream, or both
with one stream: as many threads as there are cores.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np
import openvino

WARMUP_RUNS = 2


def compiled(onnx: str, streams: int, batch: int) -> openvino.CompiledModel:
    core = openvino.Core()
    model = core.read_model(onnx)
    model.reshape([batch, 3, 224, 224])
    options = {
        "NUM_STREAMS": str(streams),
        "INFERENCE_NUM_THREADS": str(len(os.sched_getaffinity(0))),
        "INFERENCE_PRECISION_HINT": "f32",
    }
    return core.compile_model(model, "CPU", options)


def images_per_s(model: openvino.CompiledModel, batch: int, seconds: float) -> float:
    """Every stream has a request at work and one that waits, so that none ever pauses."""
    queue = openvino.AsyncInferQueue(model, 2 * model.get_property("NUM_STREAMS"))
    for request in queue:
        request.get_input_tensor().data[:] = np.random.default_rng(1).random(
            (batch, 3, 224, 224), np.float32
        )
    ends: list[float] = []
    queue.set_callback(lambda request, data: ends.append(time.perf_counter()))
    for _ in range(WARMUP_RUNS * len(queue)):
        queue.start_async()
    queue.wait_all()
    ends.clear()
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        queue.start_async()
    queue.wait_all()
    return len(ends) * batch / (max(ends) - begin)


def main() -> None:
    models: dict[tuple[int, int], openvino.CompiledModel] = {}
    for line in sys.stdin:
        streams, batch, seconds = line.split()
        key = int(streams), int(batch)
        if key not in models:
            models[key] = compiled(sys.argv[1], *key)
        print(images_per_s(models[key], key[1], float(seconds)), flush=True)


if __name__ == "__main__":
    main()
