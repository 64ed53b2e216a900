# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Two readings of one page, compared place by place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from shapely.geometry import Polygon

Outline = np.ndarray  # (points, 2), in order around the place


def iou(a: Outline, b: Outline) -> float:
    """Area of the intersection over that of the union; 0 when either has no area."""
    first, second = Polygon(a), Polygon(b)
    if not (first.is_valid and second.is_valid) or first.area == 0 or second.area == 0:
        return 0.0
    common = first.intersection(second).area
    return common / (first.area + second.area - common)


def matched(mine: Sequence[Outline], theirs: Sequence[Outline], least: float) -> int:
    """How many pairs, each place in one pair at most, have an IoU of at least 'least'; the best
    pairs are made first."""
    pairs = [(iou(a, b), i, j) for i, a in enumerate(mine) for j, b in enumerate(theirs)]
    taken_mine: set[int] = set()
    taken_theirs: set[int] = set()
    for value, i, j in sorted(pairs, reverse=True):
        if value < least:
            break
        if i not in taken_mine and j not in taken_theirs:
            taken_mine.add(i)
            taken_theirs.add(j)
    return len(taken_mine)
