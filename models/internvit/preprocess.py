# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""InternViT's picture preparation (CLIPImageProcessor semantics with ImageNet statistics)."""
from __future__ import annotations

import numpy as np
from PIL import Image

from model import IMAGE_SIZE, MEAN, STD


def preprocess(picture: Image.Image, size: int = IMAGE_SIZE) -> np.ndarray:
    """A Pillow picture → [3,size,size] float32: shortest edge to `size`, centre crop, normalise."""
    picture = picture.convert("RGB")
    w, h = picture.size
    short, long = min(w, h), max(w, h)
    other = int(size * long / short)
    new = (size, other) if w <= h else (other, size)
    pixels = np.asarray(picture.resize(new, Image.BICUBIC))
    top, left = (pixels.shape[0] - size) // 2, (pixels.shape[1] - size) // 2
    return normalise(pixels[top:top + size, left:left + size])


def normalise(pixels: np.ndarray) -> np.ndarray:
    """[S,S,3] uint8 RGB → [3,S,S] float32."""
    x = (pixels.astype(np.float32) / 255.0 - np.float32(MEAN)) / np.float32(STD)
    return np.ascontiguousarray(x.transpose(2, 0, 1))
