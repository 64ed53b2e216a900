# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Models for MLServer; runs in its environment. PEERS_ONNX names the ViT."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput

from tests.bench.peers.vit_engine import VitEngine


class Identity(MLModel):
    async def load(self) -> bool:
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        given = payload.inputs[0]
        back = ResponseOutput(
            name="OUTPUT0", shape=given.shape, datatype=given.datatype, data=given.data
        )
        return InferenceResponse(model_name=self.name, outputs=[back])


class Vit(MLModel):
    _engine: Any = None

    async def load(self) -> bool:
        self._engine = VitEngine(os.environ["PEERS_ONNX"], 2, 1)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        pixels = NumpyCodec.decode_input(payload.inputs[0])
        states = await asyncio.to_thread(self._engine, pixels)
        back = NumpyCodec.encode_output("last_hidden_state", states)
        return InferenceResponse(model_name=self.name, outputs=[back])
