# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The host steps of Detect as a Python user writes them: cv2, NumPy, torchvision, one thread.

Stage outputs are computed beforehand, so that only decode to answer is timed.
"""

from __future__ import annotations

import pathlib
import sys
import time
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from pycocotools import mask as rle

from deploy.with_server import ROOT

sys.path[:0] = [str(ROOT / "models"), str(ROOT / "models/vitdet")]

import config as C  # noqa: E402
import geometry as G  # noqa: E402
import reference  # noqa: E402

SCORE_THRESHOLD = 0.3


@dataclass
class Recorded:
    """One picture's bytes and what its four stages answered."""

    encoded: np.ndarray
    outputs: dict[str, tuple[torch.Tensor, ...]]


class Steps:
    """Records the stage outputs of 'pictures' once; mean_ms() times the host steps over all."""

    def __init__(self, pictures: list[pathlib.Path]):
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        stages = reference.shipped_stages(ROOT / "models/vitdet")
        self._recorded = [self._record(stages, path) for path in pictures]

    @staticmethod
    @torch.no_grad()
    def _record(stages: reference.Stages, path: pathlib.Path) -> Recorded:
        outputs: dict[str, tuple[torch.Tensor, ...]] = {}

        def remember(name: str):
            def run(*inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
                outputs[name] = stages[name](*inputs)
                return outputs[name]

            return run

        recorded = Recorded(np.fromfile(path, np.uint8), outputs)
        _host_steps({name: remember(name) for name in stages}, recorded.encoded)
        return recorded

    @torch.no_grad()
    def mean_ms(self) -> float:
        """Mean milliseconds a picture, decode to answer, without model execution."""
        total = 0.0
        for recorded in self._recorded:
            replay = {
                name: (lambda *_, name=name: recorded.outputs[name]) for name in recorded.outputs
            }
            start = time.perf_counter()
            _host_steps(replay, recorded.encoded)
            total += time.perf_counter() - start
        return total * 1e3 / len(self._recorded)


def _host_steps(stages: reference.Stages, encoded: np.ndarray) -> list[dict]:
    bgr = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    height, width = bgr.shape[:2]
    image, scale = reference.preprocess(bgr)
    levels = stages["backbone"](torch.from_numpy(image)[None])
    rois = reference.propose(stages, levels)
    if not len(rois):
        return []
    boxes, scores, labels = reference.classify(stages, levels, rois)
    keep = scores >= SCORE_THRESHOLD
    boxes, scores, labels = boxes[keep], scores[keep], labels[keep]
    if not len(boxes):
        return []
    index = torch.cat([boxes.new_zeros(len(boxes), 1), boxes], 1)
    (logits,) = stages["roi_mask"](G.pool(list(levels), index, C.MASK_ROI))
    prob = logits[torch.arange(len(labels)), labels].sigmoid()
    original = (boxes / boxes.new_tensor([scale[0], scale[1], scale[0], scale[1]])).numpy()
    answer = []
    for p, box, score, label in zip(prob, original, scores.tolist(), labels.tolist()):
        mask = reference.paste(p, box, height, width)
        code = rle.encode(np.asfortranarray(mask.astype(np.uint8)))
        answer.append({"box": box.tolist(), "score": score, "label": label, "mask": code})
    return answer
