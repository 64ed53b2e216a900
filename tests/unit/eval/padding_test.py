# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Columns that recognition needs and columns that it computes."""

from __future__ import annotations

import unittest

import numpy as np

from tests.bench.padding import needed_width, recognised_columns

METRICS = """\
# TYPE omserve_inferences_total counter
omserve_inferences_total{model="ppocr_v4",stage="det_736x960"} 60
omserve_inferences_total{model="ppocr_v4",stage="rec_320"} 10
omserve_inferences_total{model="ppocr_v4",stage="rec_640"} 3
omserve_batch_padded_items_total{model="ppocr_v4",stage="rec_640"} 1
omserve_batches_total{model="ppocr_v4",stage="rec_640"} 1000
"""


class PaddingTest(unittest.TestCase):
    def test_needed_width(self) -> None:
        wide = np.array([[0, 0], [500, 0], [500, 50], [0, 50]])
        self.assertEqual(needed_width(wide), 480)
        self.assertEqual(needed_width(wide * [1, 0.98]), 490)  # 48 * 500 / 49 = 489.8
        self.assertEqual(needed_width(wide * [0.2, 1]), 320)
        self.assertEqual(needed_width(wide[:, ::-1][[3, 0, 1, 2]]), 480)  # an upright column
        self.assertEqual(needed_width(wide * 0), 320)

    def test_rows_of_recognition_alone_count(self) -> None:
        self.assertEqual(recognised_columns(METRICS), 10 * 320 + (3 + 1) * 640)
        self.assertEqual(recognised_columns(""), 0)


if __name__ == "__main__":
    unittest.main()
