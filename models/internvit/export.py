# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Exports an InternViT checkpoint as one ONNX graph.

    python models/internvit/export.py --checkpoint build/train/internvit.pt
"""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fashion_scenes import CLASS_NAMES  # noqa: E402
from model import IMAGE_SIZE, MEAN, PATCH, STD, Config, InternVit  # noqa: E402
from onnx_export import export_stage  # noqa: E402

PREPROCESSING = {
    "decode": "rgb_uint8", "exif_orientation": False,
    "resize": {"mode": "shortest_edge", "size": IMAGE_SIZE, "interpolation": "pillow_bicubic",
               "rounding": "truncate"},
    "crop": {"mode": "center", "size": IMAGE_SIZE}, "channel_order": "rgb",
    "scale": 1.0 / 255.0, "mean": list(MEAN), "std": list(STD), "layout": "NCHW"}


def load_model(checkpoint: Path) -> tuple[InternVit, dict]:
    """The model for 224 px in evaluation mode and the facts stored beside its weights."""
    state = torch.load(checkpoint, map_location="cpu")
    model = InternVit(Config(**state.pop("config")))
    model.load_state_dict(state.pop("model"))
    if model.config.grid != IMAGE_SIZE // PATCH:
        model.store_grid(IMAGE_SIZE // PATCH)
    return model.eval(), state


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--checkpoint", type=Path, default=Path("build/train/internvit.pt"))
    ap.add_argument("--out", type=Path, default=Path(__file__).resolve().parent)
    args = ap.parse_args()
    model, facts = load_model(args.checkpoint)
    args.out.mkdir(parents=True, exist_ok=True)
    meta = {"model": "internvit", "config": vars(model.config), "training": facts,
            "preprocessing": PREPROCESSING}
    export_stage(model, {"pixel_values": (3, IMAGE_SIZE, IMAGE_SIZE)},
                 ["last_hidden_state", "logits"], args.out / "internvit.onnx", meta)
    (args.out / "labels.txt").write_text("\n".join(CLASS_NAMES) + "\n")


if __name__ == "__main__":
    main()
