# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Places of two readings, compared; areas by hand."""

from __future__ import annotations

import unittest

import numpy as np

from tests.eval.text_boxes import iou, matched


def rectangle(x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)


class TextBoxesTest(unittest.TestCase):
    def test_iou_by_hand(self) -> None:
        self.assertAlmostEqual(iou(rectangle(0, 0, 10, 10), rectangle(0, 0, 10, 10)), 1)
        self.assertAlmostEqual(iou(rectangle(0, 0, 10, 10), rectangle(5, 0, 15, 10)), 50 / 150)
        self.assertEqual(iou(rectangle(0, 0, 1, 1), rectangle(2, 2, 3, 3)), 0)
        diamond = np.array([[5, 0], [10, 5], [5, 10], [0, 5]], np.float32)
        self.assertAlmostEqual(iou(rectangle(0, 0, 10, 10), diamond), 0.5)

    def test_the_order_of_the_corners_does_not_count(self) -> None:
        box = rectangle(0, 0, 10, 4)
        self.assertAlmostEqual(iou(box, np.roll(box, 2, axis=0)), 1)
        self.assertAlmostEqual(iou(box, box[::-1]), 1)

    def test_no_area(self) -> None:
        self.assertEqual(iou(rectangle(0, 0, 10, 0), rectangle(0, 0, 10, 0)), 0)
        crossed = rectangle(0, 0, 10, 10)[[0, 2, 1, 3]]
        self.assertEqual(iou(crossed, crossed), 0)

    def test_each_place_is_in_one_pair(self) -> None:
        one = [rectangle(0, 0, 100, 10)]
        twice = one + [rectangle(1, 0, 101, 10)]
        self.assertEqual(matched(one, twice, 0.9), 1)
        self.assertEqual(matched(twice, one, 0.9), 1)
        self.assertEqual(matched(twice, twice[::-1], 0.9), 2)

    def test_best_pairs_first(self) -> None:
        # Each of 'mine' could take the first of 'theirs'; only one choice leaves a pair for both.
        mine = [rectangle(0, 0, 100, 10), rectangle(4, 0, 104, 10)]
        theirs = [rectangle(0, 0, 100, 10), rectangle(8, 0, 108, 10)]
        self.assertEqual(matched(mine, theirs, 0.9), 2)

    def test_threshold(self) -> None:
        mine, theirs = [rectangle(0, 0, 10, 10)], [rectangle(0, 0, 10, 9)]
        self.assertEqual(matched(mine, theirs, 0.899), 1)
        self.assertEqual(matched(mine, theirs, 0.901), 0)

    def test_nothing_on_one_side(self) -> None:
        self.assertEqual(matched([], [rectangle(0, 0, 1, 1)], 0.9), 0)


if __name__ == "__main__":
    unittest.main()
