# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a reproducible set of composed pictures with their ground truth.

    python models/make_scenes.py --split test --count 200 --seed 1 --out build/scenes
    python models/make_scenes.py --split test --count 2000 --seed 1 --kind garments --out build/g

Scenes come with `annotations.json` (COCO, masks as compressed RLE); garments come with
`labels.json` (file name → class index).
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from pycocotools import mask as rle

from fashion_scenes import CLASS_NAMES, Scene, garment, load, scene


def _write(path: Path, rgb: np.ndarray) -> None:
    options = [cv2.IMWRITE_JPEG_QUALITY, 95] if path.suffix == ".jpg" else []
    if not cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options):
        raise OSError(f"cannot write {path}")


def coco_annotations(s: Scene, image_id: int, first_id: int) -> list[dict]:
    """COCO annotation objects of one scene; `category_id` is the class index 0..9."""
    out = []
    for k in range(len(s.labels)):
        code = rle.encode(np.asfortranarray(s.masks[k]))
        code["counts"] = code["counts"].decode()
        x1, y1, x2, y2 = (float(v) for v in s.boxes[k])
        out.append({"id": first_id + k, "image_id": image_id, "iscrowd": 0,
                    "category_id": int(s.labels[k]), "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "area": int(s.masks[k].sum()), "segmentation": code})
    return out


def make(kind: str, split: str, count: int, seed: int, out: Path, extension: str) -> None:
    """Writes `count` pictures and their ground truth under `out`."""
    out.mkdir(parents=True, exist_ok=True)
    images, labels = load(split)
    rng = np.random.default_rng(seed)
    pictures, annotations, classes = [], [], {}
    for i in range(count):
        name = f"{kind[:-1]}_{i:05d}.{extension}"
        if kind == "scenes":
            s = scene(images, labels, rng)
            _write(out / name, s.image)
            pictures.append({"id": i + 1, "file_name": name, "height": s.image.shape[0],
                             "width": s.image.shape[1]})
            annotations += coco_annotations(s, i + 1, len(annotations) + 1)
        else:
            pick = int(rng.integers(len(images)))
            _write(out / name, garment(images[pick], rng))
            classes[name] = int(labels[pick])
        if (i + 1) % 100 == 0:
            print(f"{i + 1}/{count}", flush=True)
    if kind == "scenes":
        truth = {"info": {"description": f"composed garments, {split}, seed {seed}"},
                 "images": pictures, "annotations": annotations,
                 "categories": [{"id": i, "name": n} for i, n in enumerate(CLASS_NAMES)]}
        (out / "annotations.json").write_text(json.dumps(truth))
    else:
        (out / "labels.json").write_text(json.dumps(classes, indent=0))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--split", choices=("train", "test"), default="test")
    ap.add_argument("--count", type=int, required=True)
    ap.add_argument("--seed", type=int, required=True)
    ap.add_argument("--out", type=Path, required=True)
    ap.add_argument("--kind", choices=("scenes", "garments"), default="scenes")
    ap.add_argument("--format", choices=("jpg", "png"), default="jpg")
    args = ap.parse_args()
    make(args.kind, args.split, args.count, args.seed, args.out, args.format)


if __name__ == "__main__":
    main()
