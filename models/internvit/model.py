# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""InternViT with a linear head on the CLS token, at any size (here a small one).

The block is InternViT-6B's: pre-RMSNorm, qkv without bias, RMSNorm of q and k over the full
width before the split into heads, LayerScale, and no norm after the last block.
"""
from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH = 14            # pixels
IMAGE_SIZE = 224      # pixels
MEAN = (0.485, 0.456, 0.406)   # RGB, 0..1 scale
STD = (0.229, 0.224, 0.225)


@dataclass
class Config:
    """Sizes of one InternViT."""

    width: int = 128
    depth: int = 4
    heads: int = 4
    mlp: int = 512
    classes: int = 10
    grid: int = IMAGE_SIZE // PATCH   # side of the stored position table, in patches
    eps: float = 1e-6
    layer_scale: float = 0.1


class RmsNorm(nn.Module):
    """x / sqrt(mean(x²) + eps) · weight over the last dimension, computed in float32."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        y = x.float()
        y = y * torch.rsqrt((y * y).mean(-1, keepdim=True) + self.eps)
        return self.weight * y.to(x.dtype)


class Attention(nn.Module):
    """Self-attention over tokens [N,T,D] with q and k normalised over all D channels."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.heads, self.head_dim = c.heads, c.width // c.heads
        self.qkv = nn.Linear(c.width, 3 * c.width, bias=False)
        self.q_norm, self.k_norm = RmsNorm(c.width, c.eps), RmsNorm(c.width, c.eps)
        self.proj = nn.Linear(c.width, c.width)

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(-1, int(x.shape[1]), self.heads, self.head_dim).transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, -1)
        q, k, v = self._split(self.q_norm(q)), self._split(self.k_norm(k)), self._split(v)
        out = (q * self.head_dim ** -0.5 @ k.transpose(-2, -1)).softmax(-1) @ v
        return self.proj(out.transpose(1, 2).reshape(-1, int(x.shape[1]), int(x.shape[2])))


class Mlp(nn.Module):
    """fc1 → GELU (erf) → fc2."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(c.width, c.mlp), nn.Linear(c.mlp, c.width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """x += ls1·attn(norm1(x)); x += ls2·mlp(norm2(x))."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.norm1, self.norm2 = RmsNorm(c.width, c.eps), RmsNorm(c.width, c.eps)
        self.attn, self.mlp = Attention(c), Mlp(c)
        self.ls1 = nn.Parameter(torch.full((c.width,), c.layer_scale))
        self.ls2 = nn.Parameter(torch.full((c.width,), c.layer_scale))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x)) * self.ls1
        return x + self.mlp(self.norm2(x)) * self.ls2


class InternVit(nn.Module):
    """`pixel_values[N,3,S,S]` → `last_hidden_state[N,1+(S/14)²,D]`, `logits[N,10]`."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.config = c
        self.patch_embedding = nn.Conv2d(3, c.width, PATCH, PATCH)
        self.class_embedding = nn.Parameter(torch.randn(1, 1, c.width) * 0.02)
        self.position_embedding = nn.Parameter(
            torch.randn(1, 1 + c.grid ** 2, c.width) * 0.02)
        self.layers = nn.ModuleList(Block(c) for _ in range(c.depth))
        self.head = nn.Linear(c.width, c.classes)

    def positions(self, grid: int) -> Tensor:
        """The position table [1,1+grid²,D], bicubically interpolated from the stored one."""
        stored = self.config.grid
        if grid == stored:   # bicubic interpolation onto the same grid is the identity
            return self.position_embedding
        table = self.position_embedding[:, 1:].reshape(1, stored, stored, -1)
        table = F.interpolate(table.permute(0, 3, 1, 2).float(), size=(grid, grid),
                              mode="bicubic", align_corners=False)
        return torch.cat([self.position_embedding[:, :1], table.flatten(2).transpose(1, 2)], 1)

    def store_grid(self, grid: int) -> None:
        """Replaces the stored table by its interpolation to grid×grid patches."""
        self.position_embedding = nn.Parameter(self.positions(grid).detach().clone())
        self.config.grid = grid

    def forward(self, pixel_values: Tensor) -> tuple[Tensor, Tensor]:
        x = self.patch_embedding(pixel_values)
        grid = int(x.shape[-1])
        x = x.flatten(2).transpose(1, 2)
        cls = self.class_embedding.expand(x.shape[0], -1, -1)
        x = torch.cat([cls, x], 1) + self.positions(grid)
        for layer in self.layers:
            x = layer(x)
        return x, self.head(x[:, 0])
