# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The Python client against the real server on a simulated NPU, with the models of the build."""

from __future__ import annotations

import pathlib
import tempfile
import unittest

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import omserve
from deploy.with_server import ROOT, running_server

BUILD = ROOT / "build/release"
SCENE = ROOT / "models/samples/scene_3.jpg"
GARMENT = ROOT / "models/samples/garment_1.png"


def text_line(text: str) -> Image.Image:
    """'text' in Pillow's own bitmap font, five times its size, black on white."""
    font = ImageFont.load_default()
    _, _, right, bottom = font.getbbox(text)
    picture = Image.new("L", (right + 8, bottom + 6), 255)
    ImageDraw.Draw(picture).text((4, 3), text, font=font, fill=0)
    size = (picture.width * 5, picture.height * 5)
    return picture.resize(size, Image.BICUBIC).convert("RGB")


class RealServer:
    """A client of one server for all tests of a class."""

    MODELS = ""  # folder of the build

    @classmethod
    def setUpClass(cls) -> None:
        log = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory())) / "log"
        server = cls.enterClassContext(running_server(BUILD, BUILD / cls.MODELS, 1, log=log))
        cls.client = cls.enterClassContext(omserve.Client(server.address))


class PicturesTest(RealServer, unittest.TestCase):
    MODELS = "test_models"

    def test_models(self) -> None:
        models = {model.name: model for model in self.client.list_models()}
        self.assertTrue(models["vitdet"].ready)
        self.assertIn("backbone", models["vitdet"].stages)

    def test_detect_of_a_file_and_of_its_pixels(self) -> None:
        answer = self.client.detect(SCENE, score_threshold=0.5, masks="rle")
        with Image.open(SCENE) as picture:
            self.assertEqual((answer.width, answer.height), picture.size)
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


class TextTest(RealServer, unittest.TestCase):
    MODELS = "test_ocr_models/models"

    def test_read_text_of_a_page(self) -> None:
        page = Image.new("RGB", (900, 736), (255, 255, 255))
        page.paste(text_line("2026-11-21"), (60, 80))
        page.paste(text_line("2026-11-21"), (60, 400))
        answer = self.client.read_text(page, words=True)
        self.assertEqual((answer.width, answer.height), page.size)
        self.assertEqual([line.text for line in answer.lines], ["2026-11-21", "2026-11-21"])
        first, second = answer.lines
        self.assertEqual(first.outline.shape, (4, 2))
        self.assertLess(first.box[3], second.box[1])
        # Where one word ends is a matter of the gaps in this coarse font; together they are the line.
        self.assertEqual("".join(word.text for word in first.words), first.text)
        places = self.client.read_text(page, detect_only=True)
        self.assertEqual([line.box for line in places.lines], [first.box, second.box])
        self.assertEqual({line.text for line in places.lines}, {""})

    def test_read_text_of_an_empty_page(self) -> None:
        answer = self.client.read_text(Image.new("RGB", (900, 736), (255, 255, 255)))
        self.assertEqual((answer.lines, answer.lines_found), ((), 0))

    def test_read_lines(self) -> None:
        lines = [np.asarray(text_line(text)) for text in ("2026-11-21", "server 4711")]
        answer = self.client.read_lines([*lines, lines[0][:, :, ::-1]])
        texts = ["2026-11-21", "server 4711", "2026-11-21"]
        self.assertEqual([line.text for line in answer.lines], texts)
        self.assertGreater(min(line.score for line in answer.lines), 0.5)

    def test_a_line_of_one_pixel_is_no_error(self) -> None:
        answer = self.client.read_lines([np.zeros((1, 1, 3), np.uint8)])
        self.assertEqual(len(answer.lines), 1)


if __name__ == "__main__":
    unittest.main()
