# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Compares two sets of detections of the same pictures, e.g. the server's and the reference's.

    python models/eval/parity.py --ours server.json --reference reference.json [--json F]

Both files are COCO results lists. Detections of one picture and label are paired one to one by
falling IoU; a pair needs an IoU of at least 0.5. Pictures are identified by `file_name` when both
sides carry it, else by `image_id`.
"""
from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from pycocotools import mask as rle

MIN_IOU = 0.5


def _group(results: list[dict], key: str) -> dict[tuple, list[dict]]:
    out: dict[tuple, list[dict]] = defaultdict(list)
    for r in results:
        name = Path(r[key]).name if key == "file_name" else r[key]
        out[(name, r["category_id"])].append(r)
    return out


def _pairs(ours: list[dict], theirs: list[dict]) -> list[tuple[int, int]]:
    """One-to-one pairs of indices, greedily by falling box IoU."""
    if not ours or not theirs:
        return []
    iou = rle.iou(np.array([o["bbox"] for o in ours], np.float64),
                  np.array([t["bbox"] for t in theirs], np.float64), [0] * len(theirs))
    used_a, used_b, out = set(), set(), []
    for flat in np.argsort(-iou, axis=None, kind="stable"):
        a, b = divmod(int(flat), iou.shape[1])
        if iou[a, b] < MIN_IOU:
            break
        if a not in used_a and b not in used_b:
            used_a.add(a)
            used_b.add(b)
            out.append((a, b))
    return out


def _corners(r: dict) -> np.ndarray:
    x, y, w, h = r["bbox"]
    return np.array([x, y, x + w, y + h], np.float64)


def compare(ours: list[dict], reference: list[dict]) -> dict[str, float]:
    """Largest differences over all pairs, and how many detections have no partner.

    `parity_box_px` is the largest corner difference in pixels, `parity_score` the largest score
    difference, `parity_mask_iou` the smallest mask IoU (1 when either side has no masks).
    """
    named = all("file_name" in r for r in [*ours, *reference])
    key = "file_name" if named else "image_id"
    a, b = _group(ours, key), _group(reference, key)
    box = score = 0.0
    mask, matched = 1.0, 0
    for group in a.keys() | b.keys():
        for i, j in _pairs(a.get(group, []), b.get(group, [])):
            one, two = a[group][i], b[group][j]
            matched += 1
            box = max(box, float(np.abs(_corners(one) - _corners(two)).max()))
            score = max(score, abs(one["score"] - two["score"]))
            if one.get("segmentation") and two.get("segmentation"):
                mask = min(mask, float(rle.iou([one["segmentation"]],
                                               [two["segmentation"]], [0])[0, 0]))
    return {"parity_box_px": box, "parity_score": score,
            "parity_unmatched": len(ours) + len(reference) - 2 * matched,
            "parity_mask_iou": mask, "matched": matched,
            "ours": len(ours), "reference": len(reference)}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--ours", type=Path, required=True)
    ap.add_argument("--reference", type=Path, required=True)
    ap.add_argument("--json", type=Path, help="also write the numbers here")
    args = ap.parse_args()
    numbers = compare(json.loads(args.ours.read_text()), json.loads(args.reference.read_text()))
    if args.json:
        args.json.write_text(json.dumps(numbers, indent=2) + "\n")
    for key, value in numbers.items():
        print(key, value)


if __name__ == "__main__":
    main()
