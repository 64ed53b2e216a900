# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Messages that no client should send: the server refuses them and goes on."""

from __future__ import annotations

import threading
import unittest

import grpc
import numpy as np

from tests.integration.python.kserve_case import (
    PATIENCE,
    SERVICE,
    KserveCase,
)  # and with it the place of the clients

from google.protobuf import message_factory
from tritonclient.grpc import service_pb2, service_pb2_grpc


class KserveDefectsTest(KserveCase):
    """The defect classes of other servers that the wire can bring."""

    def test_class_1_messages_in_very_many_fragments(self) -> None:
        """A large message whose fields are 500,000 pieces of a few bytes."""
        pieces = b"\x3a\x01x" * 500_000  # raw_input_contents "x"
        call = self.channel.unary_unary(f"/{SERVICE}/ModelInfer")
        self.assert_code(grpc.StatusCode.INVALID_ARGUMENT, call, pieces)
        self.assert_still_serving()

    def test_class_4_shapes_that_wrap(self) -> None:
        for shape in ([-1, 256], [2**31, 256], [2**63 - 1, 256], [2**62, 4], [0, 2**63 - 1]):
            message = self.request()
            message.inputs[0].shape[:] = shape
            self.assert_code(grpc.StatusCode.INVALID_ARGUMENT, self.stub.ModelInfer, message)
        self.assert_still_serving()

    def test_class_5_huge_and_doubled_lists(self) -> None:
        message = self.request()
        for _ in range(2):
            message.outputs.add(name="OUTPUT0")
        details = self.assert_code(
            grpc.StatusCode.INVALID_ARGUMENT, self.stub.ModelInfer, message
        )
        self.assertIn("twice", details)
        for _ in range(1000):
            message.outputs.add(name="OUTPUT0")
        self.assert_code(grpc.StatusCode.INVALID_ARGUMENT, self.stub.ModelInfer, message)
        self.assert_still_serving()

    def test_class_6_messages_beyond_the_limit(self) -> None:
        message = self.request()
        message.raw_input_contents[0] = bytes(33 << 20)
        self.assert_code(grpc.StatusCode.RESOURCE_EXHAUSTED, self.stub.ModelInfer, message)
        self.assert_still_serving()

    def test_class_7_compressed_messages_beyond_the_limit(self) -> None:
        """A few KB that are more than the limit once they are decompressed."""
        message = self.request()
        message.raw_input_contents[0] = bytes(200 << 20)
        with self.assertRaises(grpc.RpcError) as raised:
            self.stub.ModelInfer(message, timeout=PATIENCE, compression=grpc.Compression.Gzip)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assert_still_serving()
        small = self.request()
        answer = self.stub.ModelInfer(small, timeout=PATIENCE, compression=grpc.Compression.Gzip)
        self.assertEqual(answer.raw_output_contents[0], small.raw_input_contents[0])

    def test_class_8_nesting_without_end(self) -> None:
        call = self.channel.unary_unary(f"/{SERVICE}/ModelInfer")
        for body in (b"\x0b" * 100_000, b"\x2a\xa0\x8d\x06" + b"\x0b" * 100_000):
            self.assert_code(grpc.StatusCode.INVALID_ARGUMENT, call, body)
        self.assert_still_serving()

    def test_class_9_names_that_are_paths(self) -> None:
        for name in ("../vitdet", "/etc/passwd", "vitdet/../internvit", "vitdet.backbone.om"):
            message = self.request()
            message.model_name = name
            details = self.assert_code(grpc.StatusCode.NOT_FOUND, self.stub.ModelInfer, message)
            self.assertNotIn("/etc", details)
            self.assert_code(
                grpc.StatusCode.NOT_FOUND,
                self.stub.ModelConfig,
                service_pb2.ModelConfigRequest(name=name),
            )

    def test_class_11_control_is_denied_on_the_data_port(self) -> None:
        """Every RPC of the service either answers or says why not; control is denied."""
        denied, unserved = set(), set()
        for method in service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"].methods:
            if method.name in ("ModelInfer", "ModelStreamInfer"):
                continue
            try:
                request = message_factory.MessageFactory().GetPrototype(method.input_type)()
                getattr(self.stub, method.name)(request, timeout=PATIENCE)
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.PERMISSION_DENIED:
                    denied.add(method.name)
                if error.code() == grpc.StatusCode.UNIMPLEMENTED:
                    self.assertNotEqual(error.details(), "")
                    unserved.add(method.name)
        self.assertEqual(denied, {"RepositoryModelLoad", "RepositoryModelUnload"})
        self.assertEqual(len(unserved), 8)
        load = service_pb2.RepositoryModelLoadRequest(model_name="vitdet")
        load.parameters["file:1/model.onnx"].bytes_param = b"x"
        self.assert_code(
            grpc.StatusCode.PERMISSION_DENIED, self.stub.RepositoryModelLoad, load
        )

    def test_class_17_numbers_that_are_none(self) -> None:
        for name, value in (("timeout", "1e3x"), ("priority", "-"), ("timeout", str(2**70))):
            message = self.request()
            message.parameters[name].string_param = value
            details = self.assert_code(
                grpc.StatusCode.INVALID_ARGUMENT, self.stub.ModelInfer, message
            )
            self.assertIn(name, details)
        call = self.channel.unary_unary(f"/{SERVICE}/ModelInfer")
        for body in (b"\x3a\x7f", b"\x3a" + b"\xff" * 9 + b"\x01", b"\x0a\x05xx"):
            self.assert_code(grpc.StatusCode.INVALID_ARGUMENT, call, body)

    def test_class_18_types_and_prefixes_that_lie(self) -> None:
        for datatype in ("INT32", "FP16", "BYTES", "nonsense"):
            message = self.request()
            message.inputs[0].datatype = datatype
            self.assert_code(grpc.StatusCode.INVALID_ARGUMENT, self.stub.ModelInfer, message)
        picture = service_pb2.ModelInferRequest(model_name="vitdet")
        picture.inputs.add(name="image", datatype="BYTES", shape=[1])
        for raw in (b"", b"\xff\xff\xff\xff", b"\x02\x00\x00\x00abc", b"\x05\x00\x00\x00abc"):
            del picture.raw_input_contents[:]
            picture.raw_input_contents.append(raw)
            self.assert_code(grpc.StatusCode.INVALID_ARGUMENT, self.stub.ModelInfer, picture)
        self.assert_still_serving()

    def test_class_21_messages_with_changed_bytes(self) -> None:
        good = self.request(id="x").SerializeToString()
        call = self.channel.unary_unary(f"/{SERVICE}/ModelInfer")
        random = np.random.default_rng(5)
        codes = set()
        for _ in range(500):
            body = bytearray(good)
            for at in random.integers(0, 60, 2):
                body[at] = random.integers(0, 256)
            try:
                call(bytes(body), timeout=PATIENCE)
            except grpc.RpcError as error:
                codes.add(error.code())
        expected = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND}
        self.assertEqual(codes, expected)
        self.assert_still_serving()
        self.assertNotIn("protobuf", self.log.read_text())  # no line at the sender's pleasure

    def test_a_client_that_leaves_takes_nothing_along(self) -> None:
        threads = []
        for _ in range(4):
            threads.append(threading.Thread(target=self.leave_at_once))
            threads[-1].start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assert_still_serving()

    def leave_at_once(self) -> None:
        with grpc.insecure_channel(
            self.address, options=[("grpc.use_local_subchannel_pool", 1)]
        ) as channel:
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            for _ in range(20):
                stub.ModelInfer.future(self.request()).cancel()


if __name__ == "__main__":
    unittest.main()
