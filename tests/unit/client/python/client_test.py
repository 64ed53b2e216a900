# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The client against a server in this process: what is sent, what comes back, what is raised."""

from __future__ import annotations

import datetime
import pathlib
import tempfile
import threading
import unittest

import grpc
import numpy as np

import omserve
from fake_server import fake_server
from omserve.v1 import vision_pb2 as pb

PIXEL = np.zeros((1, 1, 3), np.uint8)


class ClientTest(unittest.TestCase):
    def setUp(self) -> None:
        self.vision = self.enterContext(fake_server())
        self.client = self.enterContext(omserve.Client(self.vision.address))

    def test_token_of_a_file_is_sent_with_every_call(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            token = pathlib.Path(folder) / "token"
            token.write_text("abc-123\n")
            with omserve.Client(self.vision.address, token_file=str(token)) as client:
                client.list_models()
                self.assertEqual(self.vision.metadata["authorization"], "Bearer abc-123")
            for text in ("two words", "", "t\u00e4g"):
                token.write_text(text)
                with self.assertRaisesRegex(ValueError, "one token"):
                    omserve.Client(self.vision.address, token_file=str(token))
        self.client.list_models()
        self.assertNotIn("authorization", self.vision.metadata)

    def test_access_that_cannot_be(self) -> None:
        for options, wrong in (
            ({"tls_ca": "system", "tls_cert": "a"}, "belong together"),
            ({"tls_cert": "a", "tls_key": "b"}, "tls_ca"),
        ):
            with self.assertRaisesRegex(ValueError, wrong):
                omserve.Client(**options)
        with self.assertRaises(FileNotFoundError):
            omserve.Client(tls_ca="/nowhere/ca.crt")

    def test_refusal_has_its_own_error(self) -> None:
        for code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
            self.vision.answer = lambda request, context: context.abort(code, "who?")
            with self.assertRaisesRegex(omserve.RefusedError, "who.*token_file"):
                self.client.list_models()

    def test_detect_sends_options_and_gives_dataclasses(self) -> None:
        timing = pb.Timing(stages=[pb.StageTiming(stage="backbone", device=1, batch_size=3)])
        timing.received.FromDatetime(datetime.datetime(2026, 1, 2, 3, 4, 5))
        timing.stages[0].execute.nanos = 2_500_000
        self.vision.answer = lambda request, context: pb.DetectResponse(
            model="vitdet",
            request_id=request.request_id,
            image_width=40,
            image_height=30,
            detections=[
                pb.Detection(label=8, label_name="bag", score=0.5,
                             box=pb.BoundingBox(x1=1, y1=2, x2=3, y2=4),
                             mask=pb.Mask(polygons=pb.Mask.Polygons(
                                 polygons=[pb.Mask.Polygon(xy=[1, 2, 3, 4, 5, 6])]))),
                pb.Detection(label=1),
            ],
            raw_count=9,
            after_dedup=7,
            timing=timing,
        )
        answer = self.client.detect(
            b"\xff\xd8jpeg", score_threshold=0.0, dedup="none", masks="polygon", request_id="a1"
        )
        request = self.vision.requests[-1]
        self.assertEqual(request.image.encoded, b"\xff\xd8jpeg")
        self.assertTrue(request.HasField("score_threshold"))
        self.assertEqual(request.score_threshold, 0.0)
        self.assertFalse(request.HasField("max_detections"))
        self.assertEqual(request.dedup, pb.DEDUP_POLICY_NONE)
        self.assertEqual(request.mask_form, pb.MASK_FORM_POLYGON)
        self.assertEqual((answer.model, answer.request_id), ("vitdet", "a1"))
        self.assertEqual((answer.width, answer.height), (40, 30))
        self.assertEqual((answer.raw_count, answer.after_dedup), (9, 7))
        bag, other = answer.detections
        self.assertEqual((bag.label, bag.label_name, bag.box), (8, "bag", (1, 2, 3, 4)))
        np.testing.assert_array_equal(bag.mask.polygons[0], [[1, 2], [3, 4], [5, 6]])
        self.assertIsNone(other.mask)
        stage = answer.timing.stages[0]
        self.assertEqual((stage.stage, stage.device, stage.batch_size), ("backbone", 1, 3))
        self.assertAlmostEqual(stage.execute, 0.0025)
        self.assertEqual(answer.timing.received.isoformat(), "2026-01-02T03:04:05+00:00")

    def test_embed_shapes_features(self) -> None:
        self.vision.answer = lambda request, context: pb.EmbedResponse(
            shape=[2, 3], features=range(6), top=[pb.ClassScore(label=4, score=0.75)]
        )
        answer = self.client.embed(PIXEL, feature="all_tokens", top_k=1)
        self.assertEqual(self.vision.requests[-1].feature, pb.FEATURE_ALL_TOKENS)
        self.assertEqual(self.vision.requests[-1].top_k, 1)
        np.testing.assert_array_equal(answer.features, [[0, 1, 2], [3, 4, 5]])
        self.assertEqual(answer.features.dtype, np.float32)
        self.assertEqual((answer.top[0].label, answer.top[0].score), (4, 0.75))

    def test_read_text_of_a_page(self) -> None:
        quad = [0, 0, 9, 0, 9, 5, 0, 5]
        self.vision.answer = lambda request, context: pb.ReadTextResponse(
            image_width=100, lines_found=3, lines_below_score=1, places_cut=2,
            lines=[pb.TextLine(index=1, text="正品", score=0.9, outline=quad, turned=90,
                               box=pb.BoundingBox(x2=9, y2=5),
                               characters=[pb.TextCharacter(text="正", position=0.25)],
                               words=[pb.TextWord(text="正品", outline=quad)])],
        )
        answer = self.client.read_text(
            PIXEL, region="quad", max_lines=5, min_score=0.25, orientation=False, words=True
        )
        request = self.vision.requests[-1]
        self.assertEqual(request.task, pb.READ_TASK_DETECT_AND_RECOGNISE)
        self.assertEqual(request.region, pb.TEXT_REGION_QUAD)
        self.assertEqual((request.max_lines, request.min_score), (5, 0.25))
        self.assertTrue(request.HasField("orientation"))
        self.assertFalse(request.orientation)
        self.assertTrue(request.words)
        self.assertFalse(request.characters)
        self.assertFalse(request.HasField("unclip_ratio"))
        self.assertEqual(
            (answer.lines_found, answer.lines_below_score, answer.places_cut), (3, 1, 2)
        )
        line = answer.lines[0]
        self.assertEqual((line.index, line.text, line.turned), (1, "正品", 90))
        self.assertEqual(line.box, (0, 0, 9, 5))
        np.testing.assert_array_equal(line.outline, [[0, 0], [9, 0], [9, 5], [0, 5]])
        self.assertEqual((line.characters[0].text, line.characters[0].position), ("正", 0.25))
        self.assertEqual(line.words[0].outline.shape, (4, 2))

    def test_detect_only(self) -> None:
        self.client.read_text(PIXEL, detect_only=True)
        self.assertEqual(self.vision.requests[-1].task, pb.READ_TASK_DETECT)

    def test_read_lines_sends_all_in_order(self) -> None:
        self.vision.answer = lambda request, context: pb.ReadTextResponse(
            lines=[pb.TextLine(index=i) for i in range(len(request.lines))]
        )
        answer = self.client.read_lines([b"a", b"b"], min_score=0.0)
        request = self.vision.requests[-1]
        self.assertEqual([line.encoded for line in request.lines], [b"a", b"b"])
        self.assertEqual(request.task, pb.READ_TASK_RECOGNISE)
        self.assertFalse(request.HasField("image"))
        self.assertIsNone(answer.lines[0].box)
        self.assertEqual(answer.lines[1].outline.shape, (0, 2))

    def test_read_lines_wants_lines(self) -> None:
        for nothing in ([], "page.png", b"bytes"):
            with self.assertRaises(omserve.PictureError):
                self.client.read_lines(nothing)
        self.assertEqual(self.vision.requests, [])

    def test_list_models(self) -> None:
        self.vision.answer = lambda request, context: pb.ListModelsResponse(
            models=[pb.ModelInfo(name="m", version="1", labels=["a"], ready=True)]
        )
        (model,) = self.client.list_models()
        self.assertEqual((model.name, model.labels, model.ready), ("m", ("a",), True))

    def test_deadline_budget_and_priority(self) -> None:
        with omserve.Client(
            self.vision.address, deadline=30, budget=0.25, priority="batch"
        ) as client:
            client.list_models()
            self.assertEqual(self.vision.metadata["omserve-budget-ms"], "250.0")
            self.assertEqual(self.vision.metadata["omserve-priority"], "batch")
            self.assertLess(self.vision.time_remaining, 60)  # the default
            client.list_models(deadline=1000, priority="interactive")
            self.assertEqual(self.vision.metadata["omserve-priority"], "interactive")
            self.assertGreater(self.vision.time_remaining, 900)
        self.client.list_models()
        self.assertNotIn("omserve-priority", self.vision.metadata)

    def test_mistakes_in_options_are_named(self) -> None:
        for call, word in (
            (lambda: self.client.detect(PIXEL, masks="jpeg"), "masks"),
            (lambda: self.client.embed(PIXEL, feature="x"), "feature"),
            (lambda: self.client.list_models(priority="high"), "priority"),
            (lambda: self.client.list_models(budget=0), "budget"),
            (lambda: self.client.list_models(deadline=0), "deadline"),
            (lambda: omserve.Client(deadline=float("nan")), "deadline"),
        ):
            with self.assertRaisesRegex(ValueError, word):
                call()
        with self.assertRaisesRegex(TypeError, "dead_line"):
            self.client.read_text(PIXEL, dead_line=1)
        self.assertEqual(self.vision.requests, [])

    def _abort(self, code: grpc.StatusCode, trailing: tuple = ()) -> None:
        def answer(request: object, context: grpc.ServicerContext) -> None:
            context.set_trailing_metadata(trailing)
            context.abort(code, "the reason")

        self.vision.answer = answer

    def test_errors_have_types_and_advice(self) -> None:
        for code, kind, advice in (
            (grpc.StatusCode.INVALID_ARGUMENT, omserve.InvalidRequestError, "names"),
            (grpc.StatusCode.NOT_FOUND, omserve.ModelNotFoundError, "list_models"),
            (grpc.StatusCode.RESOURCE_EXHAUSTED, omserve.OverloadedError, "fewer requests"),
            (grpc.StatusCode.UNAVAILABLE, omserve.UnavailableError, self.vision.address),
            (grpc.StatusCode.UNIMPLEMENTED, omserve.NotOfferedError, "version"),
            (grpc.StatusCode.INTERNAL, omserve.OmserveError, "log"),
        ):
            self._abort(code)
            with self.assertRaises(omserve.OmserveError) as raised:
                self.client.detect(PIXEL)
            self.assertIs(type(raised.exception), kind)
            self.assertEqual(raised.exception.code, code.name)
            self.assertEqual(raised.exception.message, "the reason")
            self.assertIn(advice, str(raised.exception))

    def test_retry_hint(self) -> None:
        self._abort(grpc.StatusCode.RESOURCE_EXHAUSTED, (("retry-after-ms", "1500"),))
        with self.assertRaises(omserve.OverloadedError) as raised:
            self.client.detect(PIXEL)
        self.assertEqual(raised.exception.retry_after, 1.5)
        self.assertIn("1.5 s", str(raised.exception))
        self._abort(grpc.StatusCode.RESOURCE_EXHAUSTED, (("retry-after-ms", "soon"),))
        with self.assertRaises(omserve.OverloadedError) as raised:
            self.client.detect(PIXEL)
        self.assertIsNone(raised.exception.retry_after)

    def test_deadline_passes(self) -> None:
        def wait(request: object, context: grpc.ServicerContext) -> pb.ListModelsResponse:
            done = threading.Event()
            context.add_callback(done.set)
            done.wait(10)
            return pb.ListModelsResponse()

        self.vision.answer = wait
        with self.assertRaisesRegex(omserve.DeadlineError, "raise the deadline"):
            self.client.list_models(deadline=0.05)

    def test_nobody_there(self) -> None:
        with omserve.Client("127.0.0.1:1", deadline=5) as client:
            with self.assertRaisesRegex(omserve.UnavailableError, "make serve"):
                client.list_models()


if __name__ == "__main__":
    unittest.main()
