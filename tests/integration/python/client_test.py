# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The Python client against the real server on a simulated NPU, with the models of the build."""

from __future__ import annotations

import pathlib
import tempfile
import unittest

import numpy as np
from PIL import Image

import omserve
from deploy.with_server import ROOT, running_server

BUILD = ROOT / "build/release"
SCENE = ROOT / "models/samples/scene_3.jpg"
GARMENT = ROOT / "models/samples/garment_1.png"


class RealServerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        log = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory())) / "log"
        server = cls.enterClassContext(
            running_server(BUILD, BUILD / "test_models", devices=1, log=log)
        )
        cls.client = cls.enterClassContext(omserve.Client(server.address))

    def test_models(self) -> None:
        models = {model.name: model for model in self.client.list_models()}
        self.assertTrue(models["vitdet"].ready)
        self.assertIn("backbone", models["vitdet"].stages)

    def test_detect_of_a_file_and_of_its_pixels(self) -> None:
        answer = self.client.detect(SCENE, score_threshold=0.5, masks="rle")
        self.assertEqual((answer.width, answer.height), Image.open(SCENE).size)
        self.assertIn("bag", [found.label_name for found in answer.detections])
        for found in answer.detections:
            mask = found.mask.to_array()
            self.assertEqual(mask.shape, (answer.height, answer.width))
            x1, y1, x2, y2 = found.box
            ys, xs = np.nonzero(mask)
            self.assertLessEqual(x1 - 1, xs.min())
            self.assertLessEqual(ys.max(), y2 + 1)
        self.assertIn("backbone", [stage.stage for stage in answer.timing.stages])
        pixels = np.asarray(Image.open(SCENE).convert("RGB"))
        again = self.client.detect(pixels[:, :, ::-1], score_threshold=0.5, order="bgr")
        self.assertEqual(
            [found.label for found in again.detections],
            [found.label for found in answer.detections],
        )

    def test_embed(self) -> None:
        answer = self.client.embed(Image.open(GARMENT), top_k=3)
        self.assertEqual(answer.features.ndim, 1)
        self.assertEqual(len(answer.top), 3)
        self.assertGreaterEqual(answer.top[0].score, answer.top[1].score)

    def test_errors(self) -> None:
        with self.assertRaises(omserve.ModelNotFoundError):
            self.client.detect(SCENE, model="nobody")
        with self.assertRaisesRegex(omserve.InvalidRequestError, "score_threshold"):
            self.client.detect(SCENE, score_threshold=2.0)


if __name__ == "__main__":
    unittest.main()
