# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import unittest
from collections.abc import Callable

from omserve.v1 import vision_pb2 as pb

from tests.deploy.differences import of_answers


def detection() -> pb.Detection:
    """With a mask of 2 x 3 pixels, four of them set: runs 1, 4, 1."""
    return pb.Detection(
        label=3, score=0.75, box=pb.BoundingBox(x1=1, y1=2, x2=3, y2=4),
        mask=pb.Mask(rle=pb.Mask.Rle(height=2, width=3, counts="141")),
    )  # fmt: skip


class DifferencesTest(unittest.TestCase):
    def differs(self, change: Callable[[pb.Detection], object]) -> float:
        other = detection()
        change(other)
        return of_answers([detection()], [other])

    def test_equal_answers_do_not_differ(self) -> None:
        self.assertEqual(self.differs(lambda found: None), 0)
        self.assertEqual(of_answers([], []), 0)

    def test_the_largest_part_counts(self) -> None:
        self.assertAlmostEqual(self.differs(lambda found: setattr(found, "score", 0.5)), 0.25)
        self.assertAlmostEqual(self.differs(lambda found: setattr(found.box, "y2", 4.5)), 0.5)
        self.assertAlmostEqual(self.differs(lambda found: setattr(found.mask.rle, "counts", "132")), 0.25)

        def both(found: pb.Detection) -> None:
            found.score, found.box.x1 = 0.5, 2

        self.assertAlmostEqual(self.differs(both), 1)

    def test_other_detections_are_no_answer_at_all(self) -> None:
        for change in (
            lambda found: setattr(found, "label", 4),
            lambda found: found.ClearField("mask"),
            lambda found: found.mask.rle.CopyFrom(pb.Mask.Rle(height=3, width=2, counts="141")),
        ):
            self.assertEqual(self.differs(change), math.inf)
        self.assertEqual(of_answers([detection()], []), math.inf)


if __name__ == "__main__":
    unittest.main()
