# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""KServe's Python server with the peers' models; runs in its environment, with its own options.
PEERS_ONNX names the ViT; without it there is the identity alone."""

from __future__ import annotations

import asyncio
import os

import kserve

from tests.bench.peers.vit_engine import VitEngine


def _response(
    request: kserve.InferRequest, name: str, array: object
) -> kserve.InferResponse:
    output = kserve.InferOutput(name, list(array.shape), "FP32")
    output.set_data_from_numpy(array, binary_data=True)
    return kserve.InferResponse(request.id, request.model_name, [output])


class Identity(kserve.Model):
    def load(self) -> bool:
        self.ready = True
        return True

    async def predict(
        self, payload: kserve.InferRequest, headers: dict | None = None, **_: object
    ) -> kserve.InferResponse:
        return _response(payload, "OUTPUT0", payload.inputs[0].as_numpy())


class Vit(kserve.Model):
    def load(self) -> bool:
        self._engine = VitEngine(os.environ["PEERS_ONNX"], 2, 1)
        self.ready = True
        return True

    async def predict(
        self, payload: kserve.InferRequest, headers: dict | None = None, **_: object
    ) -> kserve.InferResponse:
        states = await asyncio.to_thread(self._engine, payload.inputs[0].as_numpy())
        return _response(payload, "last_hidden_state", states)


if __name__ == "__main__":
    models = [Identity("identity")]
    if "PEERS_ONNX" in os.environ:
        models.append(Vit("vit"))
    for model in models:
        model.load()
    kserve.ModelServer().start(models)
