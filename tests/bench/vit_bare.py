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

from tests.bench.load import slope

WARMUP_RUNS = 1  # of every request


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
    """Every stream has a request at work and one that waits, so that none ever pauses. The slope of the
    completions while that was so, as of the served ones (load.py)."""
    queue = openvino.AsyncInferQueue(model, 2 * model.get_property("NUM_STREAMS"))
    for request in queue:
        request.get_input_tensor().data[:] = np.random.default_rng(1).random(
            (batch, 3, 224, 224), np.float32
        )
    ends: list[float] = []
    queue.set_callback(lambda request, data: ends.append(time.perf_counter()))
    stop = None
    while stop is None or time.perf_counter() < stop:
        queue.start_async()  # waits for a free request
        if stop is None and len(ends) > WARMUP_RUNS * len(queue):
            stop = ends[-1] + seconds
    whole = len(ends)
    queue.wait_all()
    times = sorted(ends[:whole])[WARMUP_RUNS * len(queue) :]
    return slope([(at, float(batch)) for at in times])


def main() -> None:
    held, model = None, None  # one at a time: each has its own copy of the weights
    for line in sys.stdin:
        streams, batch, seconds = line.split()
        if held != (streams, batch):
            model = None
            held, model = (streams, batch), compiled(sys.argv[1], int(streams), int(batch))
        print(images_per_s(model, int(batch), float(seconds)), flush=True)


if __name__ == "__main__":
    main()
