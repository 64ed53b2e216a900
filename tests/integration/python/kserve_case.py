# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""One server for the tests of KServe, and where its unmodified clients are."""

from __future__ import annotations

import pathlib
import shutil
import sys
import tempfile
import unittest

import grpc
import numpy as np

from deploy.with_server import ROOT, running_server
from tests.bench.kserve_models import STAGE, identity_model

BUILD = ROOT / "build/release"
DEPS = ROOT / "build/deps"
SCENE = ROOT / "models/samples/scene_3.jpg"
GARMENT = ROOT / "models/samples/garment_1.png"
sys.path[:0] = [str(DEPS), str(DEPS / "tritonclient/purelib")]

import tritonclient.grpc as triton  # noqa: E402
from tritonclient.grpc import service_pb2, service_pb2_grpc  # noqa: E402

SERVICE = "inference.GRPCInferenceService"
PATIENCE = 30.0  # seconds, for answers that take milliseconds


def float_input(values: np.ndarray, name: str = "INPUT0") -> triton.InferInput:
    tensor = triton.InferInput(name, list(values.shape), "FP32")
    tensor.set_data_from_numpy(values)
    return tensor


def picture_input(*pictures: bytes) -> triton.InferInput:
    tensor = triton.InferInput("image", [len(pictures)], "BYTES")
    tensor.set_data_from_numpy(np.array(pictures, dtype=np.object_))
    return tensor

class KserveCase(unittest.TestCase):
    """One server with the shipped models and one that gives back what it gets."""

    @classmethod
    def setUpClass(cls) -> None:
        scratch = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        models = scratch / "models"
        models.mkdir()
        for name in ("vitdet", "internvit"):
            (models / name).symlink_to(BUILD / "test_models" / name)
        cls.identity = identity_model(models)
        cls.spare = identity_model(models, "spare")
        shutil.copy(models / "identity" / f"{STAGE}.om", models / "plain.om")
        cls.log = scratch / "log"
        server = cls.enterClassContext(
            running_server(BUILD, models, 1, log=cls.log, host_threads=2)
        )
        cls.address = server.address
        cls.control = cls.enterClassContext(triton.InferenceServerClient(server.control))
        cls.client = cls.enterClassContext(triton.InferenceServerClient(server.address))
        cls.channel = cls.enterClassContext(grpc.insecure_channel(server.address))
        cls.stub = service_pb2_grpc.GRPCInferenceServiceStub(cls.channel)

    def rows(self, count: int, start: float = 0) -> np.ndarray:
        return (np.arange(count * 256, dtype=np.float32) + np.float32(start)).reshape(count, 256)

    def assert_code(self, code: grpc.StatusCode, call: object, *arguments: object) -> str:
        with self.assertRaises(grpc.RpcError) as raised:
            call(*arguments, timeout=PATIENCE)
        self.assertEqual(raised.exception.code(), code, raised.exception.details())
        return raised.exception.details()

    def request(self, **fields: object) -> object:
        message = service_pb2.ModelInferRequest(model_name=self.identity, **fields)
        tensor = message.inputs.add(name="INPUT0", datatype="FP32", shape=[1, 256])
        del tensor
        message.raw_input_contents.append(self.rows(1).tobytes())
        return message

    def assert_still_serving(self) -> None:
        values = self.rows(1)
        result = self.client.infer(self.identity, [float_input(values)])
        np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), values)
