# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Masks of the wire as arrays."""

from __future__ import annotations

import io
import unittest

import numpy as np
from PIL import Image

from omserve import masks
from omserve.v1 import vision_pb2 as pb


class MasksTest(unittest.TestCase):
    def test_rle_by_hand(self) -> None:
        # 2 high, 3 wide, column by column: 1 zero, 3 ones, 2 zeros.
        mask = masks.RleMask(2, 3, "132").to_array()
        np.testing.assert_array_equal(mask, [[0, 1, 0], [1, 1, 0]])
        self.assertEqual(mask.dtype, bool)

    def test_rle_differences_and_long_runs(self) -> None:
        # Runs 5, 40, 60, 38, 57: 40 is "X1" (24 + 32, then 1); from the fourth on the difference to
        # the one but last: 38 - 40 = -2 is "N" (30), 57 - 60 = -3 is "M" (29); 60 is "l1".
        mask = masks.RleMask(20, 10, "5X1l1NM").to_array()
        flat = np.repeat([False, True, False, True, False], [5, 40, 60, 38, 57])
        np.testing.assert_array_equal(mask, flat.reshape(10, 20).T)

    def test_rle_that_does_not_fill_the_mask(self) -> None:
        for counts in ("13", "1", "5N", "P", ""):
            with self.assertRaises(ValueError, msg=counts):
                masks.RleMask(2, 3, counts).to_array()

    def test_png(self) -> None:
        out = io.BytesIO()
        Image.fromarray(np.array([[0, 255]], np.uint8)).save(out, "png")
        np.testing.assert_array_equal(masks.PngMask(out.getvalue()).to_array(), [[False, True]])

    def test_from_wire(self) -> None:
        rle = masks.from_wire(pb.Mask(rle=pb.Mask.Rle(height=2, width=3, counts="132")))
        self.assertEqual(rle, masks.RleMask(2, 3, "132"))
        self.assertEqual(masks.from_wire(pb.Mask(png=b"p")), masks.PngMask(b"p"))
        self.assertIsNone(masks.from_wire(pb.Mask()))


if __name__ == "__main__":
    unittest.main()
