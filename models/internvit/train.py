# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Trains the small InternViT to name single garments within a wall-clock budget (CPU only).

    python models/internvit/train.py --minutes 30 --bf16 --out build/train/internvit.pt

Most steps run on small pictures (4×4, then 8×8 patches); the position table is interpolated
bicubically between the phases and the last phase runs at the final 224 px through the exact
preprocessing. Phases and learning rate follow the share of the budget that has passed.
"""
from __future__ import annotations

import argparse
import math
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fashion_scenes import garment, load  # noqa: E402
from model import IMAGE_SIZE, PATCH, Config, InternVit  # noqa: E402
from preprocess import normalise, preprocess  # noqa: E402

# Until share of the budget, pixels, batch.
PHASES = ((0.30, 56, 64), (0.80, 112, 32), (1.01, 224, 16))
MORE_PHASES = ((0.70, 112, 32), (1.01, 224, 16))   # of a run that starts from trained weights


def batch(images: np.ndarray, labels: np.ndarray, size: int, count: int, mirror: bool,
          rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """`count` garments as [count,3,size,size] with labels [count]."""
    pick = rng.integers(len(images), size=count)
    pixels = []
    for i in pick:
        image = images[i][:, ::-1] if mirror and rng.random() < 0.5 else images[i]
        image = np.ascontiguousarray(image)
        if size == IMAGE_SIZE:
            pixels.append(preprocess(Image.fromarray(garment(image, rng)), size))
        else:
            pixels.append(normalise(garment(image, rng, size)))
    return torch.from_numpy(np.stack(pixels)), torch.from_numpy(labels[pick])


def optimizer(model: InternVit, lr: float) -> torch.optim.Optimizer:
    """AdamW without decay on vectors and embeddings."""
    plain = {n for n, p in model.named_parameters() if p.ndim < 2 or "embedding" in n}
    named = dict(model.named_parameters())
    return torch.optim.AdamW([
        {"params": [p for n, p in named.items() if n not in plain], "weight_decay": 0.05},
        {"params": [p for n, p in named.items() if n in plain], "weight_decay": 0.0}], lr=lr)


def save(model: InternVit, path: Path, **facts: object) -> None:
    part = path.with_suffix(".part")
    torch.save({"model": model.state_dict(), "config": vars(model.config), **facts}, part)
    os.replace(part, path)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--minutes", type=float, default=30)
    ap.add_argument("--lr", type=float, default=1.5e-3)
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--bf16", action="store_true", help="matrix products in bfloat16")
    ap.add_argument("--mirror", action=argparse.BooleanOptionalAction, default=True,
                    help="draw half of the garments mirrored (in the data all shoes look left)")
    ap.add_argument("--resume", action="store_true",
                    help="continue the weights and the schedule of --out (optimizer starts anew)")
    ap.add_argument("--init", type=Path, help="start from the weights of this checkpoint")
    ap.add_argument("--out", type=Path, default=Path("build/train/internvit.pt"))
    args = ap.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    rng = np.random.default_rng(args.seed)
    images, labels = load("train")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    phases = MORE_PHASES if args.init else PHASES
    model, share0 = InternVit(Config(grid=phases[0][1] // PATCH)), 0.0
    if args.resume or args.init:
        state = torch.load(args.out if args.resume else args.init)
        model = InternVit(Config(**state["config"]))
        model.load_state_dict(state["model"])
        share0 = state["share"] if args.resume else 0.0
        rng = np.random.default_rng([args.seed, state["step"]])
    print("parameters", sum(p.numel() for p in model.parameters()), flush=True)
    opt, size = optimizer(model, args.lr), model.config.grid * PATCH
    saved, step, loss_mean, hits = time.time(), 0, None, 0.1
    start = time.time() - share0 * args.minutes * 60
    drawer, drawn, drawn_at = ThreadPoolExecutor(1), None, 0   # the next batch, drawn ahead

    def draw():
        return drawer.submit(batch, images, labels, size, count, args.mirror, rng)

    while (share := (time.time() - start) / (args.minutes * 60)) < 1:
        wanted, count = next((s, b) for until, s, b in phases if share < until)
        if wanted != size:
            size = wanted
            model.store_grid(size // PATCH)
            opt = optimizer(model, args.lr)   # the position table is a new tensor
            print(f"now at {size} px", flush=True)
        step += 1
        for group in opt.param_groups:
            group["lr"] = args.lr * min(1, step / 100) * (
                0.5 * (1 + math.cos(math.pi * share)) + 0.005)
        ready = drawn if drawn_at == size else draw()
        x, y = ready.result()
        drawn, drawn_at = draw(), size
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
            logits = model(x)[1]
        loss = F.cross_entropy(logits.float(), y, label_smoothing=0.05)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        loss_mean = loss.item() if loss_mean is None else loss_mean * 0.98 + loss.item() * 0.02
        hits = hits * 0.98 + (logits.argmax(1) == y).float().mean().item() * 0.02
        if step % 50 == 0:
            print(f"step {step} {time.time() - start:.0f}s {size}px loss {loss_mean:.3f} "
                  f"top1 {hits:.3f}", flush=True)
        if time.time() - saved > 60:
            saved = time.time()
            save(model, args.out, step=step, share=share, done=False)
    save(model, args.out, step=step, share=1.0, done=True)
    print(f"finished after {step} steps", flush=True)


if __name__ == "__main__":
    main()
