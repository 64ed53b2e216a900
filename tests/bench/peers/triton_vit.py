# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The ViT as a model of Triton's Python backend."""

from __future__ import annotations

import json
import os
import sys

import numpy as np
import triton_python_backend_utils as triton

# The stub's interpreter does not look at it.
sys.path[:0] = os.environ["PYTHONPATH"].split(os.pathsep)

from tests.bench.peers.vit_engine import VitEngine  # noqa: E402


class TritonPythonModel:
    def initialize(self, args: dict[str, str]) -> None:
        parameters = json.loads(args["model_config"])["parameters"]
        threads = int(parameters["threads"]["string_value"])
        self._engine = VitEngine(parameters["onnx"]["string_value"], 1, threads)

    def execute(self, requests: list) -> list:
        given = [
            triton.get_input_tensor_by_name(request, "pixel_values").as_numpy()
            for request in requests
        ]
        states = self._engine(np.concatenate(given))
        ends = np.cumsum([len(pictures) for pictures in given])
        return [
            triton.InferenceResponse([triton.Tensor("last_hidden_state", part)])
            for part in np.split(states, ends[:-1])
        ]
