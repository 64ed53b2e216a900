# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Exports a checkpoint as four ONNX stages: backbone, rpn, roi_bbox, roi_mask.

    python models/vitdet/export.py --checkpoint build/train/vitdet.pt --out models/vitdet
"""
from __future__ import annotations

import argparse
from pathlib import Path

import torch

import config as C
from model import VitDet
from onnx_export import export_stage

LEVELS = ("p2", "p3", "p4", "p5", "p6")


def load_model(checkpoint: Path) -> tuple[VitDet, dict]:
    """The model in evaluation mode and the facts stored beside its weights."""
    state = torch.load(checkpoint, map_location="cpu")
    model = VitDet()
    model.load_state_dict(state.pop("model"))
    return model.eval(), state


def export(model: VitDet, out: Path, facts: dict) -> None:
    """Writes `{stage}.onnx`, `{stage}.export_meta.json` and `labels.txt` under `out`."""
    out.mkdir(parents=True, exist_ok=True)
    c = C.CHANNELS
    pyramid = {p: (c, C.IMAGE_SIZE // s, C.IMAGE_SIZE // s) for p, s in zip(LEVELS, C.STRIDES)}
    stages = {
        "backbone": ({"image": (3, C.IMAGE_SIZE, C.IMAGE_SIZE)}, list(LEVELS)),
        "rpn": (pyramid, [f"{k}_{i}" for k in ("cls", "reg") for i in range(2, 7)]),
        "roi_bbox": ({"roi_feats": (c, C.BOX_ROI, C.BOX_ROI)}, ["cls_score", "bbox_pred"]),
        "roi_mask": ({"mask_feats": (c, C.MASK_ROI, C.MASK_ROI)}, ["mask_pred"]),
    }
    # p6 of 320 px is the subsample of a 10×10 p5, so 5×5: exactly 320 / 64.
    for name, (inputs, outputs) in stages.items():
        meta = {"model": "vitdet", "stage": name, "training": facts,
                "parameters": C.export_parameters()}
        if name == "backbone":
            meta["preprocessing"] = C.preprocessing()
        export_stage(getattr(model, name), inputs, outputs, out / f"{name}.onnx", meta)
    (out / "labels.txt").write_text("\n".join(C.CLASS_NAMES) + "\n")


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--checkpoint", type=Path, default=Path("build/train/vitdet.pt"))
    ap.add_argument("--out", type=Path, default=Path(__file__).resolve().parent)
    args = ap.parse_args()
    model, facts = load_model(args.checkpoint)
    export(model, args.out, {k: facts[k] for k in sorted(facts)})


if __name__ == "__main__":
    main()
