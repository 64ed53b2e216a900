# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Masks of a detection in the three forms of the wire, and as arrays."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Union

import numpy as np

from omserve.v1 import vision_pb2


@dataclass(frozen=True)
class RleMask:
    """COCO's compressed run lengths, column by column; pycocotools takes {'size', 'counts'}."""

    height: int
    width: int
    counts: str

    def to_array(self) -> np.ndarray:
        """bool, (height, width). ValueError when the runs do not fill the mask."""
        runs = _run_lengths(self.counts)
        if sum(runs) != self.height * self.width or min(runs, default=0) < 0:
            raise ValueError(f"the runs of the mask do not fill {self.height} x {self.width}")
        values = np.arange(len(runs)) % 2 == 1
        return np.repeat(values, runs).reshape(self.width, self.height).T


def _run_lengths(counts: str) -> list[int]:
    """cocoapi's rleFrString: 5 bits a character, signed; from the fourth on, less the one but last."""
    runs: list[int] = []
    at = 0
    while at < len(counts):
        value = shift = 0
        more = True
        while more:
            if at >= len(counts):
                raise ValueError("the runs of the mask end in the middle of a number")
            char = ord(counts[at]) - 48
            value |= (char & 0x1F) << shift
            more = bool(char & 0x20)
            at += 1
            shift += 5
            if not more and char & 0x10:
                value |= -1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
    return runs


@dataclass(frozen=True)
class PngMask:
    """An 8-bit grey PNG, 0 or 255."""

    png: bytes

    def to_array(self) -> np.ndarray:
        """bool, (height, width). Needs Pillow."""
        from PIL import Image

        return np.asarray(Image.open(io.BytesIO(self.png)).convert("L")) > 127


@dataclass(frozen=True)
class PolygonMask:
    """The contours of one object, each of shape (points, 2): x and y in pixels."""

    polygons: tuple[np.ndarray, ...]


Mask = Union[RleMask, PngMask, PolygonMask]


def from_wire(message: vision_pb2.Mask) -> Mask | None:
    """None for a mask without a form."""
    form = message.WhichOneof("form")
    if form == "rle":
        return RleMask(message.rle.height, message.rle.width, message.rle.counts)
    if form == "png":
        return PngMask(message.png)
    if form == "polygons":
        return PolygonMask(
            tuple(
                np.array(polygon.xy, np.float32).reshape(-1, 2)
                for polygon in message.polygons.polygons
            )
        )
    return None
