# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""RapidOCR, the independent reference of ReadText: the same graphs in ONNX Runtime, host steps in
cv2, NumPy, pyclipper and shapely. Needs the environment of deploy/bootstrap.sh --eval."""

from __future__ import annotations

import logging
import pathlib
from collections.abc import Sequence

import cv2
import numpy as np
from rapidocr_onnxruntime import RapidOCR


def engine(**options: object) -> RapidOCR:
    """RapidOCR with its defaults but for 'options', e.g. rec_batch_num=1."""
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(**options)


def picture(path: pathlib.Path) -> np.ndarray:
    """BGR pixels; ValueError names a file that is no picture."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError(f"{path}: not a picture that OpenCV reads")
    return pixels


def read_lines(paths: Sequence[pathlib.Path]) -> list[str]:
    """The text of lines that are cut out, each recognised alone, at its own width."""
    ocr = engine(rec_batch_num=1)
    return [ocr.text_rec([picture(path)])[0][0][0] for path in paths]


def find_places(paths: Sequence[pathlib.Path]) -> list[list[np.ndarray]]:
    """The places of text on each page, float32 (4, 2), in RapidOCR's order."""
    ocr = engine()
    found = []
    for path in paths:
        boxes, _ = ocr(picture(path), use_det=True, use_cls=False, use_rec=False)
        found.append([np.array(box, np.float32) for box in boxes or []])
    return found
