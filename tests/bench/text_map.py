# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a text detection map as PP-OCR's network answers it: 960 x 960 probabilities, 100 places.

usage: python -m tests.bench.text_map --out MAP.npy     float32, C order, shape (960, 960)
"""

from __future__ import annotations

import argparse
import pathlib

import cv2
import numpy as np

SIDE, GRID = 960, 10  # pixels; places a row and a column
SEED = 2026


def text_map() -> np.ndarray:
    """Ten rows of ten words, each turned a little, with soft edges and an uneven inside."""
    rng = np.random.default_rng(SEED)
    inside = np.zeros((SIDE, SIDE), np.float32)
    step = SIDE / GRID
    for row in range(GRID):
        for column in range(GRID):
            centre = ((column + 0.5) * step, (row + 0.5) * step)
            size = (rng.uniform(40, 80), rng.uniform(10, 28))
            corners = cv2.boxPoints((centre, size, rng.uniform(-8, 8)))
            cv2.fillPoly(inside, [np.round(corners).astype(np.int32)], 1.0)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), 3)
    soft = cv2.GaussianBlur(inside, (0, 0), 1.2)
    return np.clip(soft * (0.92 + 0.3 * noise), 0, 1).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    np.save(parser.parse_args().out, text_map())


if __name__ == "__main__":
    main()
