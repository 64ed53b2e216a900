# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Classifies the pictures of a folder with PyTorch, or with the exported graph (`--onnx FILE`).

    python models/internvit/reference.py --checkpoint build/train/internvit.pt --images DIR \
        --out predictions.json

Writes file name → {class, label, score, features, logits}; with a `labels.json` in the folder it also
prints top-1 and top-5.
"""
from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from PIL import Image

from export import load_model
from fashion_scenes import CLASS_NAMES
from model import Config, InternVit
from onnx_weights import load_weights
from preprocess import preprocess

# pixel_values [N,3,224,224] → class-token features [N,D], logits [N,10]
Network = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def torch_network(checkpoint: Path) -> Network:
    """The network from a checkpoint."""
    model, _ = load_model(checkpoint)
    return module_network(model)


def module_network(model: InternVit) -> Network:
    """A module as a function of arrays."""
    @torch.no_grad()
    def run(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hidden, logits = model(torch.from_numpy(x))
        return hidden[:, 0].numpy(), logits.numpy()
    return run


def shipped_network(path: Path) -> Network:
    """The network in PyTorch with the weights of the exported file."""
    config = json.loads(path.with_suffix(".export_meta.json").read_text())["config"]
    return module_network(load_weights(InternVit(Config(**config)), path))


def onnx_network(path: Path) -> Network:
    """The network from the exported file, run by onnxruntime on the CPU."""
    import onnxruntime as ort
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def run(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hidden, logits = session.run(["last_hidden_state", "logits"], {"pixel_values": x})
        return hidden[:, 0], logits
    return run


def classify(network: Network, folder: Path, batch: int = 32,
             limit: int = 0) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """File name → (features [D], logits [10]) for the pictures of a folder; prints progress."""
    names = sorted(p.name for p in folder.iterdir()
                   if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    names = names[:limit] if limit else names
    out, start = {}, time.time()
    for at in range(0, len(names), batch):
        part = names[at:at + batch]
        x = np.stack([preprocess(Image.open(folder / n)) for n in part])
        out.update(zip(part, zip(*network(x))))
        if (at // batch) % 10 == 0:
            print(f"{len(out)}/{len(names)} pictures, {time.time() - start:.0f} s", flush=True)
    return out


def top_k(logits: dict[str, np.ndarray], labels: dict[str, int], k: int) -> float:
    """Share of pictures whose label is among the k largest logits (ties: lower index first)."""
    hits = [labels[n] in np.argsort(-v, kind="stable")[:k] for n, v in logits.items()]
    return float(np.mean(hits))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = ap.add_mutually_exclusive_group()
    source.add_argument("--checkpoint", type=Path, default=Path("build/train/internvit.pt"))
    source.add_argument("--onnx", type=Path)
    source.add_argument("--weights", type=Path, help="exported file; run in PyTorch")
    ap.add_argument("--images", type=Path, required=True)
    ap.add_argument("--limit", type=int, default=0, help="pictures; 0 for all")
    ap.add_argument("--out", type=Path)
    args = ap.parse_args()
    if args.onnx:
        network = onnx_network(args.onnx)
    elif args.weights:
        network = shipped_network(args.weights)
    else:
        network = torch_network(args.checkpoint)
    found = classify(network, args.images, limit=args.limit)
    logits = {name: v for name, (_, v) in found.items()}
    if args.out:
        rows = {}
        for name, v in logits.items():
            p = np.exp(v - v.max())
            c = int(v.argmax())
            rows[name] = {"class": c, "label": CLASS_NAMES[c], "score": float(p[c] / p.sum()),
                          "features": [float(f) for f in found[name][0]],
                          "logits": [float(f) for f in v]}
        args.out.write_text(json.dumps(rows))
    truth = args.images / "labels.json"
    if truth.exists():
        labels = json.loads(truth.read_text())
        print(json.dumps({"top1": top_k(logits, labels, 1), "top5": top_k(logits, labels, 5),
                          "count": len(logits)}))


if __name__ == "__main__":
    main()
