# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Complete inference in PyTorch, NumPy and OpenCV: the yardstick for the server.

    python models/vitdet/reference.py --checkpoint build/train/vitdet.pt --images DIR --out det.json

The output is a COCO results list (one object per detection, `image_id` from `annotations.json`
when the folder has one, else the running number), with a `file_name` added to each object.
With `--weights DIR` the weights come from the exported files; with `--onnx DIR` the four
exported stages run through onnxruntime instead.
"""
from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Callable, NamedTuple

import cv2
import numpy as np
import torch
from pycocotools import mask as rle
from torch import Tensor
from torchvision.ops import nms

import config as C
import geometry as G
from export import load_model
from model import VitDet
from onnx_weights import load_weights


class Detections(NamedTuple):
    """One picture's result in its own pixels."""

    boxes: np.ndarray   # [K,4] float32 x1,y1,x2,y2; not clipped to the picture
    scores: np.ndarray  # [K] float32, descending
    labels: np.ndarray  # [K] int64, 0..9
    masks: np.ndarray   # [K,H,W] bool


Stages = dict[str, Callable[..., tuple[Tensor, ...]]]


def torch_stages(checkpoint: Path) -> Stages:
    """The four stages from a checkpoint."""
    model, _ = load_model(checkpoint)
    return stages_of(model)


def shipped_stages(folder: Path) -> Stages:
    """The four stages in PyTorch with the weights of the exported files."""
    model = VitDet()
    for name in ("backbone", "rpn", "roi_bbox", "roi_mask"):
        load_weights(getattr(model, name), folder / f"{name}.onnx")
    return stages_of(model.eval())


def stages_of(model: VitDet) -> Stages:
    """A model's four stages as functions."""
    return {"backbone": model.backbone, "rpn": model.rpn, "roi_bbox": model.roi_bbox,
            "roi_mask": lambda x: (model.roi_mask(x),)}


def onnx_stages(folder: Path) -> Stages:
    """The four stages from exported files, run by onnxruntime on the CPU."""
    import onnxruntime as ort

    def stage(name: str) -> Callable[..., tuple[Tensor, ...]]:
        session = ort.InferenceSession(str(folder / f"{name}.onnx"),
                                       providers=["CPUExecutionProvider"])
        names = [i.name for i in session.get_inputs()]
        return lambda *x: tuple(torch.from_numpy(o) for o in session.run(
            None, {n: v.numpy() for n, v in zip(names, x)}))

    return {n: stage(n) for n in ("backbone", "rpn", "roi_bbox", "roi_mask")}


def preprocess(bgr: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """[H,W,3] uint8 BGR → image [3,320,320] float32 and scale_factor (x, y)."""
    h, w = bgr.shape[:2]
    ratio = min(C.IMAGE_SIZE / max(h, w), C.IMAGE_SIZE / min(h, w))
    nw, nh = int(w * ratio + 0.5), int(h * ratio + 0.5)
    small = cv2.resize(bgr, (nw, nh), interpolation=cv2.INTER_LINEAR)
    padded = np.full((C.IMAGE_SIZE, C.IMAGE_SIZE, 3), C.PAD_VALUE, np.uint8)
    padded[:nh, :nw] = small
    x = (padded[:, :, ::-1].astype(np.float32) - np.float32(C.MEAN)) / np.float32(C.STD)
    return np.ascontiguousarray(x.transpose(2, 0, 1)), (nw / w, nh / h)


def propose(stages: Stages, levels: tuple[Tensor, ...]) -> Tensor:
    """Proposals [K<=100,4] of one picture from its pyramid."""
    out = stages["rpn"](*levels)
    cls, reg = G.flatten_rpn(list(out[:5]), list(out[5:]))
    anchors = [G.level_anchors(s, p.shape[2], p.shape[3]) for s, p in zip(C.STRIDES, levels)]
    return G.proposals([c[0] for c in cls], [r[0] for r in reg], anchors)


def classify(stages: Stages, levels: tuple[Tensor, ...],
             rois: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Boxes [K,4] (network frame), scores [K] and labels [K] after class-wise NMS."""
    index = torch.cat([rois.new_zeros(len(rois), 1), rois], 1)
    score, pred = stages["roi_bbox"](G.pool(list(levels), index, C.BOX_ROI))
    prob = score.softmax(1)[:, :C.NUM_CLASSES]
    boxes = G.decode(rois[:, None], pred.reshape(-1, C.NUM_CLASSES, 4), C.BOX_STDS)
    kept_boxes, kept_scores, kept_labels = [], [], []
    for c in range(C.NUM_CLASSES):
        hit = (prob[:, c] > C.SCORE_THR).nonzero()[:, 0]
        b, p = boxes[hit, c], prob[hit, c]
        keep = nms(b, p, C.BOX_NMS_IOU)
        kept_boxes.append(b[keep])
        kept_scores.append(p[keep])
        kept_labels.append(torch.full((len(keep),), c))
    scores = torch.cat(kept_scores)
    rank = scores.sort(descending=True, stable=True).indices[:C.MAX_DETECTIONS]
    return torch.cat(kept_boxes)[rank], scores[rank], torch.cat(kept_labels)[rank]


def paste(prob: Tensor, box: np.ndarray, height: int, width: int) -> np.ndarray:
    """One mask [28,28] of probabilities sampled into its box: [height,width] bool."""
    out = np.zeros((height, width), bool)
    x1, y1, x2, y2 = (float(v) for v in box)
    x0, xe = max(int(np.floor(x1)) - 1, 0), min(int(np.ceil(x2)) + 1, width)
    y0, ye = max(int(np.floor(y1)) - 1, 0), min(int(np.ceil(y2)) + 1, height)
    if x0 >= xe or y0 >= ye:
        return out
    box_t = torch.tensor([x1, y1, x2, y2])
    u = (torch.arange(x0, xe) + 0.5 - box_t[0]) / (box_t[2] - box_t[0]) * 2 - 1
    v = (torch.arange(y0, ye) + 0.5 - box_t[1]) / (box_t[3] - box_t[1]) * 2 - 1
    u, v = u.masked_fill(u.isinf(), 0), v.masked_fill(v.isinf(), 0)
    grid = torch.stack([u[None].expand(len(v), -1), v[:, None].expand(-1, len(u))], -1)
    value = torch.nn.functional.grid_sample(prob[None, None], grid[None], mode="bilinear",
                                            padding_mode="zeros", align_corners=False)
    out[y0:ye, x0:xe] = (value[0, 0] >= C.MASK_THR).numpy()
    return out


@torch.no_grad()
def detect(stages: Stages, bgr: np.ndarray) -> Detections:
    """All detections of one picture [H,W,3] uint8 BGR."""
    h, w = bgr.shape[:2]
    image, scale = preprocess(bgr)
    levels = stages["backbone"](torch.from_numpy(image)[None])
    empty = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32),
                       np.zeros(0, np.int64), np.zeros((0, h, w), bool))
    rois = propose(stages, levels)
    if not len(rois):
        return empty
    boxes, scores, labels = classify(stages, levels, rois)
    if not len(boxes):
        return empty
    index = torch.cat([boxes.new_zeros(len(boxes), 1), boxes], 1)
    logits, = stages["roi_mask"](G.pool(list(levels), index, C.MASK_ROI))
    prob = logits[torch.arange(len(labels)), labels].sigmoid()
    original = (boxes / boxes.new_tensor([scale[0], scale[1], scale[0], scale[1]])).numpy()
    masks = np.stack([paste(p, b, h, w) for p, b in zip(prob, original)])
    return Detections(original, scores.numpy(), labels.numpy(), masks)


def coco_results(found: Detections, image_id: int, file_name: str) -> list[dict]:
    """COCO result objects (`bbox` = x,y,w,h) of one picture."""
    out = []
    for box, score, label, mask in zip(*found):
        code = rle.encode(np.asfortranarray(mask.astype(np.uint8)))
        code["counts"] = code["counts"].decode()
        x1, y1, x2, y2 = (float(v) for v in box)
        out.append({"image_id": image_id, "file_name": file_name, "category_id": int(label),
                    "bbox": [x1, y1, x2 - x1, y2 - y1], "score": float(score),
                    "segmentation": code})
    return out


def picture_list(folder: Path) -> list[tuple[int, str]]:
    """(image id, file name) of every picture of a folder."""
    truth = folder / "annotations.json"
    if truth.exists():
        return [(i["id"], i["file_name"]) for i in json.loads(truth.read_text())["images"]]
    names = sorted(p.name for p in folder.iterdir()
                   if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    return list(enumerate(names, 1))


def run(stages: Stages, folder: Path) -> list[dict]:
    """Detects on every picture of a folder; prints progress."""
    results, start = [], time.time()
    pictures = picture_list(folder)
    for n, (image_id, name) in enumerate(pictures, 1):
        bgr = cv2.imread(str(folder / name), cv2.IMREAD_COLOR)
        if bgr is None:
            raise OSError(f"cannot read {folder / name}")
        results += coco_results(detect(stages, bgr), image_id, name)
        if n % 20 == 0 or n == len(pictures):
            print(f"{n}/{len(pictures)} pictures, {time.time() - start:.0f} s", flush=True)
    return results


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = ap.add_mutually_exclusive_group()
    source.add_argument("--checkpoint", type=Path, default=Path("build/train/vitdet.pt"))
    source.add_argument("--onnx", type=Path)
    source.add_argument("--weights", type=Path, help="folder with exported files; run in PyTorch")
    ap.add_argument("--images", type=Path, required=True)
    ap.add_argument("--out", type=Path, required=True)
    args = ap.parse_args()
    if args.onnx:
        stages = onnx_stages(args.onnx)
    elif args.weights:
        stages = shipped_stages(args.weights)
    else:
        stages = torch_stages(args.checkpoint)
    args.out.write_text(json.dumps(run(stages, args.images)))


if __name__ == "__main__":
    main()
