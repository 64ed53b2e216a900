# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""COCO box and mask average precision of a results file.

    python models/eval/coco_scores.py --truth annotations.json --results detections.json [--json F]
"""
from __future__ import annotations

import argparse
import contextlib
import io
import json
from pathlib import Path

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

_KEYS = ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large",
         "ar1", "ar10", "ar100", "ar_small", "ar_medium", "ar_large")


def evaluate(truth: str | Path, results: list[dict],
             kinds: tuple[str, ...] = ("bbox", "segm")) -> dict[str, float]:
    """The twelve COCO numbers per kind, e.g. `bbox_ap50`, `segm_ap50`; all 0 without results."""
    scores: dict[str, float] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO(str(truth))
        for kind in kinds:
            stats = [0.0] * len(_KEYS)
            if results:
                # loadRes changes the objects it is given, so every kind gets its own copy.
                run = COCOeval(gt, gt.loadRes(json.loads(json.dumps(results))), kind)
                run.evaluate()
                run.accumulate()
                run.summarize()
                stats = [float(v) for v in run.stats]
            scores.update({f"{kind}_{k}": v for k, v in zip(_KEYS, stats)})
    scores["images"] = len(gt.imgs)
    scores["detections"] = len(results)
    return scores


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--truth", type=Path, required=True)
    ap.add_argument("--results", type=Path, required=True)
    ap.add_argument("--json", type=Path, help="also write the numbers here")
    args = ap.parse_args()
    scores = evaluate(args.truth, json.loads(args.results.read_text()))
    if args.json:
        args.json.write_text(json.dumps(scores, indent=2) + "\n")
    for key, value in scores.items():
        print(f"{key:16s} {value:.4f}" if isinstance(value, float) else f"{key:16s} {value}")


if __name__ == "__main__":
    main()
