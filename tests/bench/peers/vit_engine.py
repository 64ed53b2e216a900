# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""OpenVINO as the other servers' models use it: the engine and the precision that omserve has."""

from __future__ import annotations

import queue

import numpy as np
import openvino


class VitEngine:
    """One compiled model with 'streams' requests of 'threads' each; thread-safe."""

    def __init__(self, onnx: str, streams: int, threads: int):
        core = openvino.Core()
        model = core.read_model(onnx)
        model.reshape([1, 3, 224, 224])
        compiled = core.compile_model(
            model,
            "CPU",
            {
                "NUM_STREAMS": str(streams),
                "INFERENCE_NUM_THREADS": str(streams * threads),
                "INFERENCE_PRECISION_HINT": "f32",
                "ENABLE_CPU_PINNING": "NO",
            },
        )
        self._free: queue.SimpleQueue = queue.SimpleQueue()
        for _ in range(streams):
            self._free.put(compiled.create_infer_request())

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """float32 [n,3,224,224] to [n,197,768], a picture at a time: on a processor a batch is no faster."""
        request = self._free.get()
        try:
            rows = []
            for picture in pixels:
                request.infer([picture[None]])
                rows.append(request.get_output_tensor(0).data.copy())
            return np.concatenate(rows)
        finally:
            self._free.put(request)
