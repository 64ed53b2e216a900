# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Every form of a picture becomes the right message, and bad ones say what is wrong."""

from __future__ import annotations

import pathlib
import tempfile
import unittest

import numpy as np
from PIL import Image

from omserve.errors import PictureError
from omserve.pictures import to_wire
from omserve.v1 import vision_pb2 as pb

RED_BLUE = np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)  # 1 high, 2 wide


class PicturesTest(unittest.TestCase):
    def test_path_is_sent_as_it_is(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.jpg"
            path.write_bytes(b"\xff\xd8\xff")
            self.assertEqual(to_wire(path).encoded, b"\xff\xd8\xff")
            self.assertEqual(to_wire(str(path)).encoded, b"\xff\xd8\xff")

    def test_missing_path_is_named(self) -> None:
        with self.assertRaisesRegex(PictureError, "/nowhere/a.jpg"):
            to_wire("/nowhere/a.jpg")

    def test_bytes(self) -> None:
        self.assertEqual(to_wire(bytearray(b"x")).encoded, b"x")
        self.assertEqual(to_wire(memoryview(b"x")).encoded, b"x")
        with self.assertRaisesRegex(PictureError, "empty"):
            to_wire(b"")

    def test_array(self) -> None:
        raw = to_wire(RED_BLUE).raw
        self.assertEqual((raw.width, raw.height), (2, 1))
        self.assertEqual(raw.order, pb.RawPixels.ORDER_RGB)
        self.assertEqual(raw.pixels, bytes([255, 0, 0, 0, 0, 255]))
        self.assertEqual(to_wire(RED_BLUE, "bgr").raw.order, pb.RawPixels.ORDER_BGR)

    def test_array_that_is_not_contiguous(self) -> None:
        self.assertEqual(to_wire(RED_BLUE[:, ::-1]).raw.pixels, bytes([0, 0, 255, 255, 0, 0]))

    def test_grey_and_alpha(self) -> None:
        grey = np.array([[7], [9]], np.uint8)
        self.assertEqual(to_wire(grey).raw.pixels, bytes([7, 7, 7, 9, 9, 9]))
        self.assertEqual(to_wire(grey[:, :, None]).raw.pixels, bytes([7, 7, 7, 9, 9, 9]))
        alpha = np.dstack([RED_BLUE, np.full((1, 2), 3, np.uint8)])
        self.assertEqual(to_wire(alpha).raw.pixels, RED_BLUE.tobytes())

    def test_bad_arrays(self) -> None:
        for array, word in (
            (np.zeros((2, 2, 3), np.float32), "uint8"),
            (np.zeros((2, 2, 2), np.uint8), "shape"),
            (np.zeros((1, 2, 2, 3), np.uint8), "shape"),
            (np.zeros((0, 2, 3), np.uint8), "no pixel"),
        ):
            with self.assertRaisesRegex(PictureError, word):
                to_wire(array)
        with self.assertRaisesRegex(PictureError, "order"):
            to_wire(RED_BLUE, "gbr")

    def test_pil(self) -> None:
        picture = Image.fromarray(RED_BLUE)
        self.assertEqual(to_wire(picture, "bgr").raw.order, pb.RawPixels.ORDER_RGB)
        self.assertEqual(to_wire(picture).raw.pixels, RED_BLUE.tobytes())
        self.assertEqual(to_wire(Image.new("L", (1, 1), 5)).raw.pixels, bytes([5, 5, 5]))

    def test_pil_is_turned_by_its_exif(self) -> None:
        picture = Image.fromarray(RED_BLUE)
        picture.getexif()[0x0112] = 6  # turn a quarter clockwise to show it
        raw = to_wire(picture).raw
        self.assertEqual((raw.width, raw.height), (1, 2))

    def test_something_else(self) -> None:
        with self.assertRaisesRegex(PictureError, "int"):
            to_wire(3)


if __name__ == "__main__":
    unittest.main()
