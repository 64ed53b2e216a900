# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Unmodified KServe clients against the real server on a simulated NPU."""

from __future__ import annotations

import asyncio
import queue
import unittest

import grpc
import numpy as np
from PIL import Image

from tests.integration.python.kserve_case import (
    GARMENT,
    PATIENCE,
    SCENE,
    SERVICE,
    KserveCase,
    float_input,
    picture_input,
)  # and with it the place of the clients

import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from google.protobuf import descriptor_pool, message_factory
from tritonclient.grpc import model_config_pb2, service_pb2
from tritonclient.utils import InferenceServerException


class KserveTest(KserveCase):
    """What clients do, and what they are told."""

    # What the server and its models are.

    def test_server_and_models(self) -> None:
        self.assertTrue(self.client.is_server_live())
        self.assertTrue(self.client.is_server_ready())
        self.assertTrue(self.client.is_model_ready("vitdet"))
        self.assertTrue(self.client.is_model_ready("vitdet.backbone", "1"))
        self.assertFalse(self.client.is_model_ready("nobody"))
        self.assertIn("statistics", self.client.get_server_metadata().extensions)
        names = {model.name: model.state for model in self.client.get_model_repository_index().models}
        stages = {f"vitdet.{stage}" for stage in ("backbone", "rpn", "roi_bbox", "roi_mask")}
        for name in (*stages, "vitdet", "internvit", self.identity):
            self.assertEqual(names[name], "READY", name)

    def test_metadata_and_config_of_a_stage(self) -> None:
        metadata = self.client.get_model_metadata("vitdet.backbone")
        self.assertEqual(metadata.inputs[0].name, "image")
        self.assertEqual(metadata.inputs[0].datatype, "FP32")
        self.assertEqual(list(metadata.inputs[0].shape)[:2], [-1, 3])
        config = self.client.get_model_config(self.identity).config
        self.assertEqual(config.max_batch_size, 8)
        self.assertEqual(list(config.dynamic_batching.preferred_batch_size), [1, 2, 4, 8])
        self.assertEqual(list(config.input[0].dims), [256])
        self.assertFalse(config.model_transaction_policy.decoupled)

    def test_metadata_and_config_of_a_pipeline(self) -> None:
        metadata = self.client.get_model_metadata("vitdet")
        self.assertEqual([o.name for o in metadata.outputs][:3], ["boxes", "scores", "labels"])
        config = self.client.get_model_config("vitdet").config
        self.assertEqual(config.max_batch_size, 0)
        self.assertEqual(config.input[0].data_type, model_config_pb2.TYPE_STRING)

    def test_our_protocol_is_the_one_of_the_clients(self) -> None:
        """Every message and field that the server has is theirs, by name, number and type."""
        pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))
        ours = pool.FindServiceByName(SERVICE)
        theirs = service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"]
        self.assertEqual({m.name for m in ours.methods}, {m.name for m in theirs.methods})
        for method in ours.methods:
            other = theirs.methods_by_name[method.name]
            self.assert_same_message(method.input_type, other.input_type, set())
            self.assert_same_message(method.output_type, other.output_type, set())

    def assert_same_message(self, ours: object, theirs: object, seen: set[str]) -> None:
        self.assertEqual(ours.full_name, theirs.full_name)
        if ours.full_name in seen:
            return
        seen.add(ours.full_name)
        for field in ours.fields:
            other = theirs.fields_by_number.get(field.number)
            self.assertIsNotNone(other, f"{ours.full_name}.{field.name}")
            self.assertEqual(
                (field.name, field.type, field.label), (other.name, other.type, other.label)
            )
            if field.message_type is not None:
                self.assert_same_message(field.message_type, other.message_type, seen)

    def test_models_come_and_go_on_the_control_listener(self) -> None:
        self.assertTrue(self.control.is_model_ready(self.spare))
        self.control.unload_model("spare")
        self.assertFalse(self.client.is_model_ready(self.spare))
        with self.assertRaises(InferenceServerException) as raised:
            self.client.infer(self.spare, [float_input(self.rows(1))])
        self.assertIn("NOT_FOUND", str(raised.exception.status()))
        index = {m.name: m.state for m in self.client.get_model_repository_index().models}
        self.assertIn(index["spare"], ("UNLOADING", "UNAVAILABLE"))
        self.control.load_model("spare")
        self.client.infer(self.spare, [float_input(self.rows(1))])
        with self.assertRaises(InferenceServerException) as raised:
            self.control.load_model("spare", config="{}")
        self.assertIn("INVALID_ARGUMENT", str(raised.exception.status()))
        with self.assertRaises(InferenceServerException):
            self.control.load_model("../spare")
        self.control.infer(self.identity, [float_input(self.rows(1))])  # the whole service is here

    # Inference.

    def test_an_om_file_without_a_manifest(self) -> None:
        names = {model.name for model in self.client.get_model_repository_index().models}
        self.assertIn("plain", names)
        self.assertNotIn("plain.plain", names)  # the stage is the model
        metadata = self.client.get_model_metadata("plain")
        self.assertEqual((metadata.inputs[0].name, list(metadata.inputs[0].shape)), ("INPUT0", [-1, 256]))
        config = self.client.get_model_config("plain").config
        self.assertEqual((config.max_batch_size, config.parameters["pipeline"].string_value), (8, "tensor"))
        values = self.rows(11)
        before = self.client.get_inference_statistics("plain").model_stats[0].inference_count
        result = self.client.infer("plain", [float_input(values)])
        np.testing.assert_array_equal(result.as_numpy(metadata.outputs[0].name), values)
        after = self.client.get_inference_statistics("plain").model_stats[0]
        self.assertEqual((after.name, after.inference_count - before), ("plain", 11))

    def test_sync_inference_of_a_stage(self) -> None:
        values = self.rows(3)
        result = self.client.infer(self.identity, [float_input(values)], request_id="r-1")
        np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), values)
        self.assertEqual(result.get_response().id, "r-1")

    def test_async_callbacks(self) -> None:
        answers: queue.Queue = queue.Queue()
        for i in range(20):
            self.client.async_infer(
                self.identity,
                [float_input(self.rows(1, i))],
                lambda result, error: answers.put((result, error)),
                request_id=str(i),
            )
        seen = {}
        for _ in range(20):
            result, error = answers.get(timeout=PATIENCE)
            self.assertIsNone(error)
            seen[int(result.get_response().id)] = result.as_numpy("OUTPUT0")[0, 0]
        self.assertEqual(seen, {i: float(i) for i in range(20)})

    def test_asyncio(self) -> None:
        async def run() -> list[float]:
            async with triton_aio.InferenceServerClient(self.address) as client:
                results = await asyncio.gather(
                    *(client.infer(self.identity, [float_input(self.rows(1, i))]) for i in range(8))
                )
            return [float(result.as_numpy("OUTPUT0")[0, 0]) for result in results]

        self.assertEqual(asyncio.run(run()), [float(i) for i in range(8)])

    def test_streaming(self) -> None:
        answers: queue.Queue = queue.Queue()
        with triton.InferenceServerClient(self.address) as client:
            client.start_stream(lambda result, error: answers.put((result, error)))
            for i in range(200):
                client.async_stream_infer(
                    self.identity, [float_input(self.rows(1, i))], request_id=str(i)
                )
            client.async_stream_infer("nobody", [float_input(self.rows(1))], request_id="lost")
            seen, errors = {}, []
            for _ in range(201):
                result, error = answers.get(timeout=PATIENCE)
                if error is not None:
                    errors.append(str(error))
                else:
                    seen[int(result.get_response().id)] = result.as_numpy("OUTPUT0")[0, 0]
            client.stop_stream()
        self.assertEqual(seen, {i: float(i) for i in range(200)})
        self.assertEqual(len(errors), 1)
        self.assertIn("nobody", errors[0])

    def test_final_response_of_a_stream(self) -> None:
        answers: queue.Queue = queue.Queue()
        with triton.InferenceServerClient(self.address) as client:
            client.start_stream(lambda result, error: answers.put((result, error)))
            client.async_stream_infer(
                self.identity,
                [float_input(self.rows(1))],
                enable_empty_final_response=True,
            )
            result, error = answers.get(timeout=PATIENCE)
            client.stop_stream()
        self.assertIsNone(error)
        self.assertTrue(result.get_response().parameters["triton_final_response"].bool_param)

    def test_large_tensors_come_back_as_they_are(self) -> None:
        values = np.random.default_rng(1).random((700, 256), dtype=np.float32)  # 88 batches
        result = self.client.infer(self.identity, [float_input(values)])
        np.testing.assert_array_equal(result.as_numpy("OUTPUT0"), values)

    def test_detect_through_the_pipeline(self) -> None:
        result = self.client.infer(
            "vitdet", [picture_input(SCENE.read_bytes())], parameters={"score_threshold": "0.5"}
        )
        boxes, scores = result.as_numpy("boxes"), result.as_numpy("scores")
        self.assertEqual(boxes.shape, (len(scores), 4))
        self.assertGreater(len(scores), 0)
        self.assertIn(b"bag", list(result.as_numpy("label_names")))
        self.assertEqual(len(result.as_numpy("masks")), len(scores))
        with Image.open(SCENE) as picture:
            self.assertEqual(list(result.as_numpy("image_size")), [picture.height, picture.width])
            pixels = np.asarray(picture.convert("RGB"))
        raw = triton.InferInput("image", list(pixels.shape), "UINT8")
        raw.set_data_from_numpy(pixels)
        again = self.client.infer(
            "vitdet",
            [raw],
            outputs=[triton.InferRequestedOutput("labels")],
            parameters={"score_threshold": "0.5"},
        )
        np.testing.assert_array_equal(again.as_numpy("labels"), result.as_numpy("labels"))
        self.assertIsNone(again.as_numpy("boxes"))

    def test_embed_through_the_pipeline_and_the_stage(self) -> None:
        result = self.client.infer(
            "internvit", [picture_input(GARMENT.read_bytes())], parameters={"top_k": 3}
        )
        self.assertEqual(result.as_numpy("features").ndim, 1)
        self.assertEqual(result.as_numpy("labels").shape, (3,))
        shape = list(self.client.get_model_metadata("internvit.internvit").inputs[0].shape)
        pixels = np.zeros([2, *shape[1:]], np.float32)
        stage = self.client.infer(
            "internvit.internvit",
            [float_input(pixels, "pixel_values")],
            outputs=[triton.InferRequestedOutput("logits", class_count=2)],
        )
        self.assertEqual(stage.as_numpy("logits").shape, (2, 2))

    def test_timeout_and_priority(self) -> None:
        with self.assertRaises(InferenceServerException) as raised:
            self.client.infer(
                "vitdet", [picture_input(SCENE.read_bytes())], timeout=1, priority=2
            )  # 1 microsecond
        self.assertIn("DEADLINE_EXCEEDED", str(raised.exception.status()))
        self.client.infer(self.identity, [float_input(self.rows(1))], timeout=10_000_000)

    def test_statistics_are_those_of_the_requests(self) -> None:
        def totals() -> object:
            return self.client.get_inference_statistics(self.identity).model_stats[0]

        before = totals()
        for _ in range(5):
            self.client.infer(self.identity, [float_input(self.rows(2))])
        with self.assertRaises(InferenceServerException):
            self.client.infer(self.identity, [float_input(self.rows(1).reshape(2, 128))])
        after = totals()
        self.assertEqual(after.inference_count - before.inference_count, 10)
        self.assertEqual(after.execution_count - before.execution_count, 5)
        stats = after.inference_stats
        self.assertEqual(stats.success.count - before.inference_stats.success.count, 5)
        self.assertEqual(stats.fail.count - before.inference_stats.fail.count, 1)
        counts = {getattr(stats, part).count for part in
                  ("success", "queue", "compute_input", "compute_infer", "compute_output")}
        self.assertEqual(len(counts), 1)
        self.assertGreater(stats.compute_infer.ns, before.inference_stats.compute_infer.ns)
        self.assertLessEqual(
            stats.compute_infer.ns - before.inference_stats.compute_infer.ns,
            stats.success.ns - before.inference_stats.success.ns,
        )
        self.assertIn(2, [batch.batch_size for batch in after.batch_stats])
        everything = {s.name for s in self.client.get_inference_statistics().model_stats}
        self.assertLessEqual({"vitdet", "vitdet.rpn", self.identity}, everything)

    # Other clients.

    def test_health_client(self) -> None:
        stub = health_pb2_grpc.HealthStub(self.channel)
        for name in ("", SERVICE, "vitdet"):
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=PATIENCE)
            self.assertEqual(answer.status, health_pb2.HealthCheckResponse.SERVING)

    def test_a_client_that_knows_the_server_by_reflection_alone(self) -> None:
        pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))
        method = pool.FindServiceByName(SERVICE).methods_by_name["ModelMetadata"]
        factory = message_factory.MessageFactory(pool)
        ask = self.channel.unary_unary(
            f"/{SERVICE}/ModelMetadata",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=factory.GetPrototype(method.output_type).FromString,
        )
        answer = ask(factory.GetPrototype(method.input_type)(name="vitdet"), timeout=PATIENCE)
        self.assertEqual(answer.inputs[0].name, "image")


if __name__ == "__main__":
    unittest.main()
