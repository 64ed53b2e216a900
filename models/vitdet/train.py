# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Trains the small ViTDet on composed scenes within a wall-clock budget (CPU only).

    python models/vitdet/train.py --minutes 45 --out build/train/vitdet.pt

The learning rate follows the share of the budget that has passed, so annealing always completes.
The number of steps, and with it the exact weights, therefore depends on the machine.
"""
from __future__ import annotations

import argparse
import math
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

import config as C
from fashion_scenes import load, scene
from losses import Target, losses
from model import VitDet


class Scenes(IterableDataset):
    """An endless stream of (image [3,320,320], boxes, labels, masks)."""

    def __init__(self, seed: int) -> None:
        self.images, self.labels = load("train")
        self.seed = seed

    def __iter__(self):
        info = get_worker_info()
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        mean, std = np.float32(C.MEAN), np.float32(C.STD)
        while True:
            s = scene(self.images, self.labels, rng)
            image = (s.image.astype(np.float32) - mean) / std
            yield (torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))),
                   Target(torch.from_numpy(s.boxes), torch.from_numpy(s.labels),
                          torch.from_numpy(s.masks)))


def collate(items: list) -> tuple[torch.Tensor, list[Target]]:
    return torch.stack([i[0] for i in items]), [i[1] for i in items]


def save(model: VitDet, path: Path, **facts: object) -> None:
    """Writes the checkpoint atomically."""
    part = path.with_suffix(".part")
    torch.save({"model": model.state_dict(), **facts}, part)
    os.replace(part, path)


def optimizer(model: VitDet, lr: float) -> torch.optim.Optimizer:
    """AdamW without decay on vectors (biases, norms) and the position table."""
    decay, plain = [], []
    for name, p in model.named_parameters():
        (plain if p.ndim < 2 or "pos_embed" in name else decay).append(p)
    return torch.optim.AdamW([{"params": decay, "weight_decay": 0.05},
                              {"params": plain, "weight_decay": 0.0}], lr=lr)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--minutes", type=float, default=45)
    ap.add_argument("--batch", type=int, default=4)
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--workers", type=int, default=1)
    ap.add_argument("--resume", action="store_true",
                    help="continue the weights and the schedule of --out (optimizer starts anew)")
    ap.add_argument("--out", type=Path, default=Path("build/train/vitdet.pt"))
    args = ap.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    model = VitDet().train()
    print("parameters", model.parameter_count(), flush=True)
    step0, minutes0 = 0, 0.0
    if args.resume:
        state = torch.load(args.out)
        model.load_state_dict(state["model"])
        step0, minutes0 = state["step"], state["minutes"]
    opt = optimizer(model, args.lr)
    loader = DataLoader(Scenes(args.seed + step0), args.batch, num_workers=args.workers,
                        collate_fn=collate, prefetch_factor=4 if args.workers else 2)
    budget, saved, mean = args.minutes * 60, time.time(), {}
    start = time.time() - minutes0 * 60
    for step, (images, targets) in enumerate(loader, step0 + 1):
        share = (time.time() - start) / budget
        if share >= 1:
            break
        lr = args.lr * min(1, (step - step0) / 100) * (0.5 * (1 + math.cos(math.pi * share)) + 0.005)
        for group in opt.param_groups:
            group["lr"] = lr
        parts = losses(model, images, targets)
        opt.zero_grad(set_to_none=True)
        sum(parts.values()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        opt.step()
        for k, v in parts.items():
            mean[k] = mean.get(k, v.item()) * 0.95 + v.item() * 0.05
        if step % 20 == 0:
            text = " ".join(f"{k} {v:.3f}" for k, v in mean.items())
            print(f"step {step} {time.time() - start:.0f}s lr {lr:.2e} {text}", flush=True)
        if time.time() - saved > 120:
            saved = time.time()
            save(model, args.out, step=step, minutes=(saved - start) / 60, done=False)
    save(model, args.out, step=step, minutes=args.minutes, done=True)
    print(f"finished after {step} steps", flush=True)


if __name__ == "__main__":
    main()
