# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Composed pictures of Fashion-MNIST garments with exact boxes, masks and labels.

`scene` draws several garments on a coloured, noisy background (detection and segmentation);
`garment` draws one large garment (classification). Both are deterministic functions of the
`numpy` generator they are given, so a split, a seed and a count fully describe a data set.
"""
from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

CLASS_NAMES = ("t-shirt/top", "trouser", "pullover", "dress", "coat",
               "sandal", "shirt", "sneaker", "bag", "ankle boot")
SCENE_SIZE = 320      # pixels, both sides of a scene
INK = 24              # grey level above which a Fashion-MNIST pixel belongs to the garment
MAX_OVERLAP = 0.15    # a garment that would cover more of its own area than this is not placed

_ROOTS = ("/usr/share/datasets/fashion-mnist", "/usr/share/dataset-fashion-mnist")
_PREFIX = {"train": "train", "test": "t10k"}


class Scene(NamedTuple):
    """One picture and what is visible in it."""

    image: np.ndarray   # [H,W,3] uint8, RGB
    boxes: np.ndarray   # [K,4] float32, x1,y1,x2,y2 in pixels, x2/y2 exclusive
    labels: np.ndarray  # [K] int64, 0..9
    masks: np.ndarray   # [K,H,W] uint8, 1 where the garment is visible


def load(split: str, root: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Returns images [N,28,28] uint8 and labels [N] int64 of the `train` or `test` split."""
    prefix = _PREFIX[split]
    for folder in [root] if root else _ROOTS:
        found = sorted(Path(folder).glob(f"{prefix}-images*"))
        if found:
            labels = sorted(Path(folder).glob(f"{prefix}-labels*"))[0]
            return (np.frombuffer(_read(found[0])[16:], np.uint8).reshape(-1, 28, 28),
                    np.frombuffer(_read(labels)[8:], np.uint8).astype(np.int64))
    raise FileNotFoundError("Fashion-MNIST not found; install the package dataset-fashion-mnist")


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def _background(size: int, rng: np.random.Generator, noise: float,
                strength: float) -> np.ndarray:
    """A smooth random colour field with Gaussian noise: [size,size,3] float32, 0..255·strength."""
    cells = rng.integers(0, 256, (rng.integers(2, 12), rng.integers(2, 12), 3)).astype(np.uint8)
    field = cv2.resize(cells, (size, size), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return field * strength + noise * rng.standard_normal((size, size, 3), dtype=np.float32)


def _tinted(image: np.ndarray, size: int,
            rng: np.random.Generator, dimmest: float) -> tuple[np.ndarray, np.ndarray]:
    """A garment scaled to size×size: colours [size,size,3] float32 and mask [size,size] bool."""
    grey = cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    tint = rng.uniform(dimmest, 1.0, 3).astype(np.float32)
    return grey[..., None] * tint, grey > INK


def scene(images: np.ndarray, labels: np.ndarray, rng: np.random.Generator,
          size: int = SCENE_SIZE) -> Scene:
    """Composes 2–8 tinted garments of 40–120 px on one size×size picture.

    Garments may overlap a little; masks and boxes describe what stays visible. An attempt that
    would overlap too much is dropped, so a crowded scene may hold fewer garments.
    """
    canvas = _background(size, rng, 8.0, 0.5)
    owner = np.full((size, size), -1, np.int16)
    classes: list[int] = []
    for _ in range(rng.integers(2, 9)):
        index, side = int(rng.integers(len(images))), int(rng.integers(40, 121))
        colour, ink = _tinted(images[index], side, rng, 0.4)
        x, y = (int(v) for v in rng.integers(0, size - side + 1, 2))
        region = owner[y:y + side, x:x + side]
        if ink.sum() < 100 or (region[ink] >= 0).mean() > MAX_OVERLAP:
            continue
        canvas[y:y + side, x:x + side][ink] = colour[ink]
        region[ink] = len(classes)
        classes.append(int(labels[index]))
    masks = (owner[None] == np.arange(len(classes))[:, None, None]).astype(np.uint8)
    keep = [k for k in range(len(classes)) if masks[k].sum() >= 50]
    if not keep:
        return scene(images, labels, rng, size)
    return Scene(np.clip(canvas, 0, 255).astype(np.uint8),
                 np.stack([_extent(masks[k]) for k in keep]),
                 np.array([classes[k] for k in keep], np.int64), masks[keep])


def _extent(mask: np.ndarray) -> np.ndarray:
    """The tight box [4] float32 around the pixels of a mask [H,W]."""
    xs, ys = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    return np.array([xs[0], ys[0], xs[-1] + 1, ys[-1] + 1], np.float32)


def garment(image: np.ndarray, rng: np.random.Generator, size: int | None = None) -> np.ndarray:
    """One tinted garment, roughly centred, on a soft background: [S,S,3] uint8 RGB.

    S is `size`, or a random side of 160–320 px; the garment spans 85–97 % of it.
    """
    side = size or int(rng.integers(160, 321))
    canvas = _background(side, rng, 3.0, 0.25)
    inner = int(side * rng.uniform(0.85, 0.97))
    colour, ink = _tinted(image, inner, rng, 0.6)
    x, y = (int(v) for v in rng.integers(0, side - inner + 1, 2))
    canvas[y:y + inner, x:x + inner][ink] = colour[ink]
    return np.clip(canvas, 0, 255).astype(np.uint8)
