# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The geometry of rendered pages, and their text; without fonts."""

from __future__ import annotations

import unittest

import numpy as np
from PIL import Image

from models.ocr import rendering, texts


class RenderingTest(unittest.TestCase):
    def test_homography_takes_corners_to_corners(self) -> None:
        source = np.array([[0, 0], [10, 0], [10, 5], [0, 5]], float)
        target = np.array([[1, 1], [12, 0], [11, 7], [0, 6]], float)
        matrix = rendering.homography(source, target)
        np.testing.assert_allclose(rendering.transform_points(matrix, source), target, atol=1e-9)

    def test_the_picture_moves_as_the_points_do(self) -> None:
        pixels = np.zeros((60, 80, 3), np.uint8)
        pixels[20:25, 30:35] = 255
        matrix = rendering.camera_view(np.random.default_rng(3), (80, 60), 10, 0.05)
        moved = np.asarray(rendering.warp(Image.fromarray(pixels), matrix, (0, 0, 0)))[:, :, 0]
        ys, xs = np.nonzero(moved > 127)
        expected = rendering.transform_points(matrix, np.array([[32.5, 22.5]]))[0]
        np.testing.assert_allclose([xs.mean() + 0.5, ys.mean() + 0.5], expected, atol=0.6)

    def test_everything_stays_inside(self) -> None:
        for seed in range(50):
            matrix = rendering.camera_view(np.random.default_rng(seed), (300, 40), 5, 0.1)
            corners = np.array([[0, 0], [300, 0], [300, 40], [0, 40]], float)
            moved = rendering.transform_points(matrix, corners)
            self.assertGreaterEqual(moved.min(), -1e-6)
            self.assertLessEqual(moved[:, 0].max(), 300 + 1e-6)
            self.assertLessEqual(moved[:, 1].max(), 40 + 1e-6)

    def test_spoiling_keeps_the_size_and_is_reproducible(self) -> None:
        picture = Image.new("RGB", (31, 17), (200, 100, 50))
        for seed in range(10):
            once = rendering.spoil(np.random.default_rng(seed), picture, 1.0)
            again = rendering.spoil(np.random.default_rng(seed), picture, 1.0)
            self.assertEqual((once.size, once.mode), ((31, 17), "RGB"))
            self.assertEqual(once.tobytes(), again.tobytes())


class TextsTest(unittest.TestCase):
    def test_hanzi_is_the_first_level_of_gb_2312(self) -> None:
        self.assertEqual(len(texts.HANZI), 3755)
        self.assertEqual((texts.HANZI[0], texts.HANZI[-1]), ("啊", "座"))

    def test_lines_are_reproducible_and_of_their_kind(self) -> None:
        for kind in texts.KINDS:
            lines = [texts.line(np.random.default_rng(i), kind, 20) for i in range(50)]
            self.assertEqual(lines[7], texts.line(np.random.default_rng(7), kind, 20))
            self.assertGreater(len(set(lines)), 40)
            for line in lines:
                self.assertEqual(line, line.strip())
                self.assertNotIn("\t", line)
                if kind in ("latin", "digits"):
                    self.assertTrue(line.isascii(), line)


if __name__ == "__main__":
    unittest.main()
