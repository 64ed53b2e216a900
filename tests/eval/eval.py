# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy through the running server, on data that no recipe has seen.

usage: python -m tests.eval.eval --out build/eval [--only vitdet,internvit,ocr] [--scenes 200]
         [--garments 2000] [--lines 1000] [--pages 60]
"""

from __future__ import annotations

import argparse
import json
import math
import pathlib
import subprocess
import sys

from deploy.with_server import ROOT, Server, running_server
from models.eval import coco_scores, parity
from tests.eval.report import Report

SCENE_SEED = 2026  # of the held-out scenes; the recipes use other seeds and the other split


def make_data(kind: str, count: int, folder: pathlib.Path) -> None:
    """Writes 'count' pictures of the test split and their annotations, once."""
    done = folder / f".{kind}-{count}-{SCENE_SEED}"
    if done.exists():
        return
    subprocess.run(
        [sys.executable, "models/make_scenes.py", "--split", "test", "--kind", kind]
        + ["--count", str(count), "--seed", str(SCENE_SEED), "--out", str(folder)],
        cwd=ROOT,
        check=True,
    )
    done.touch()


def ask(server: Server, command: list[str], pictures: list[pathlib.Path]) -> list[dict]:
    """The client's JSON answers for 'pictures', one entry a file."""
    client = ROOT / "build/release/bin/omserve-client"
    answers: list[dict] = []
    for start in range(0, len(pictures), 500):
        batch = [str(p) for p in pictures[start : start + 500]]
        run = subprocess.run(
            [str(client), f"--server={server.address}", command[0], *batch, *command[1:], "--json"],
            stdout=subprocess.PIPE,
            check=True,
            timeout=1800,
        )
        document = json.loads(run.stdout)
        answers.extend(document["results"] if isinstance(document, dict) else document)
    return answers


def pictures_in(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(p for p in folder.iterdir() if p.suffix in {".jpg", ".png"})


def coco_results(answers: list[dict], ids: dict[str, int]) -> list[dict]:
    """The client's answers as a COCO results list."""
    results = []
    for answer in answers:
        name = pathlib.Path(answer["file"]).name
        for found in answer["detections"]:
            x1, y1, x2, y2 = found["box"]
            results.append(
                {
                    "image_id": ids[name],
                    "file_name": name,
                    "category_id": found["label"],
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "score": found["score"],
                    "segmentation": found["segmentation"],
                }
            )
    return results


def evaluate_vitdet(server: Server, folder: pathlib.Path, count: int, report: Report) -> None:
    make_data("scenes", count, folder)
    truth = json.loads((folder / "annotations.json").read_text())
    ids = {image["file_name"]: image["id"] for image in truth["images"]}
    options = ["--score-threshold=0", "--max-detections=100", "--mask=rle", "--dedup=none"]
    answers = ask(server, ["detect", *options, "--in-flight=4"], pictures_in(folder))
    failed = [answer["file"] for answer in answers if answer.get("error")]
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(answers)} scenes failed, first {failed[0]}")
    results = coco_results(answers, ids)
    scores = coco_scores.evaluate(folder / "annotations.json", results)
    how = f"pycocotools, {count} held-out scenes of the test split, seed {SCENE_SEED}, via Detect"
    report.add("vitdet.box_ap50", scores["bbox_ap50"], "AP", "higher", 0.78, how)
    report.add("vitdet.mask_ap50", scores["segm_ap50"], "AP", "higher", 0.72, how)
    report.add("vitdet.box_ap", scores["bbox_ap"], "AP", "higher", None, how)
    report.add("vitdet.mask_ap", scores["segm_ap"], "AP", "higher", None, how)

    subset = folder.parent / "parity_scenes"
    make_data("scenes", 50, subset)
    answers = ask(server, ["detect", *options, "--in-flight=4"], pictures_in(subset))
    reference = subset / "reference.json"
    subprocess.run(
        [sys.executable, "models/vitdet/reference.py", "--weights", "models/vitdet"]
        + ["--images", str(subset), "--out", str(reference)],
        cwd=ROOT,
        check=True,
        timeout=1800,
    )
    truth = json.loads((subset / "annotations.json").read_text())
    ids = {image["file_name"]: image["id"] for image in truth["images"]}
    result = parity.compare(coco_results(answers, ids), json.loads(reference.read_text()))
    how = (
        f"{result['matched']} pairs on 50 scenes; the same weights in PyTorch + torchvision, "
        "precision origin"
    )
    report.add("vitdet.parity_box_px", result["parity_box_px"], "px", "lower", 0.05, how)
    report.add("vitdet.parity_score", result["parity_score"], "score", "lower", 1e-3, how)
    report.add("vitdet.parity_unmatched", result["parity_unmatched"], "boxes", "lower", 0, how)
    report.add("vitdet.parity_mask_iou", result["parity_mask_iou"], "IoU", "higher", None, how)


def worst_cosine(answers: list[dict], reference: dict[str, dict]) -> float:
    """The smallest cosine between the server's features and the reference's."""
    worst = 1.0
    for answer in answers:
        mine = answer["features"]
        theirs = reference[pathlib.Path(answer["file"]).name]["features"]
        dot = sum(a * b for a, b in zip(mine, theirs, strict=True))
        worst = min(worst, dot / (math.hypot(*mine) * math.hypot(*theirs)))
    return worst


def evaluate_internvit(server: Server, folder: pathlib.Path, count: int, report: Report) -> None:
    make_data("garments", count, folder)
    labels = json.loads((folder / "labels.json").read_text())
    pictures = pictures_in(folder)
    answers = ask(server, ["embed", "--feature=cls", "--top-k=1", "--in-flight=8"], pictures)
    right = sum(
        bool(a.get("top")) and a["top"][0]["label"] == labels[pathlib.Path(a["file"]).name]
        for a in answers
    )
    how = f"{count} held-out garments of the test split, seed {SCENE_SEED}, via Embed"
    report.add("internvit.top1", right / len(pictures), "fraction", "higher", 0.85, how)
    reference = folder.parent / "internvit_reference.json"
    subprocess.run(
        [sys.executable, "models/internvit/reference.py", "--limit", "50", "--images", str(folder)]
        + ["--weights", "models/internvit/internvit.onnx", "--out", str(reference)],
        cwd=ROOT,
        check=True,
        timeout=1800,
    )
    found = json.loads(reference.read_text())
    cosine = worst_cosine([a for a in answers if pathlib.Path(a["file"]).name in found], found)
    how = "worst of 50 pictures, class-token features against PyTorch, precision origin"
    report.add("internvit.parity_cosine", cosine, "cosine", "higher", 0.9999, how)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/eval")
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--garments", type=int, default=2000)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--only", default="vitdet,internvit,ocr", help="parts, with commas")
    args = parser.parse_args()
    parts = set(args.only.split(","))
    if unknown := parts - {"vitdet", "internvit", "ocr"}:
        parser.error(f"--only: there is no part {sorted(unknown)[0]}")
    args.out.mkdir(parents=True, exist_ok=True)
    report = Report()
    build, models = ROOT / "build/release", ROOT / "build/models"
    if parts & {"vitdet", "internvit"}:
        with running_server(build, models, log=args.out / "server.log") as server:
            if "vitdet" in parts:
                evaluate_vitdet(server, args.out / "scenes", args.scenes, report)
            if "internvit" in parts:
                evaluate_internvit(server, args.out / "garments", args.garments, report)
    if "ocr" in parts:
        from tests.eval.ocr import evaluate_ocr  # RapidOCR alone takes a second to import

        models = ROOT / "build/models_ocr"
        with running_server(build, models, 1, log=args.out / "ocr.log") as server:
            evaluate_ocr(server, args.out / "ocr", args.lines, args.pages, report)
    report.write(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
