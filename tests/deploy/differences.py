# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""How far two answers to the same Detect request are from each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from omserve.masks import RleMask
from omserve.v1 import vision_pb2 as pb


def _box(found: pb.Detection) -> np.ndarray:
    return np.array([found.box.x1, found.box.y1, found.box.x2, found.box.y2])


def _mask(found: pb.Detection) -> np.ndarray:
    rle = found.mask.rle
    return RleMask(rle.height, rle.width, rle.counts).to_array()


def of_detections(one: pb.Detection, other: pb.Detection) -> float:
    """The largest of: difference of the scores, of the boxes' sides in pixels, share of a mask's pixels that
    differ, of those that either has. Infinite when the labels differ, or one has no mask.
    """
    if one.label != other.label or one.HasField("mask") != other.HasField("mask"):
        return math.inf
    parts = [abs(one.score - other.score), float(np.abs(_box(one) - _box(other)).max())]
    if one.HasField("mask"):
        ours, theirs = _mask(one), _mask(other)
        if ours.shape != theirs.shape:
            return math.inf
        parts.append(float((ours != theirs).sum() / max(1, (ours | theirs).sum())))
    return max(parts)


def of_answers(one: Sequence[pb.Detection], other: Sequence[pb.Detection]) -> float:
    """Of the detections in their order, which is that of the scores; infinite when there are more in one."""
    if len(one) != len(other):
        return math.inf
    return max((of_detections(ours, theirs) for ours, theirs in zip(one, other)), default=0.0)
