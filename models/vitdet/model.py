# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A small ViTDet Mask R-CNN, written as the four stages that are exported.

Each stage is a module whose `forward` is exactly the exported graph; everything between the
stages (proposals, RoIAlign, decoding, NMS, mask paste) belongs to the host.
"""
from __future__ import annotations

import torch
from torch import Tensor, nn

import config as C


class Norm2d(nn.Module):
    """LayerNorm over the channels of [N,C,H,W]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Up2(nn.ConvTranspose2d):
    """2×2 stride-2 transposed convolution, doubling H and W.

    Training computes it as one matrix product, whose CPU gradient is several times faster.
    """

    def __init__(self, channels: int, out: int) -> None:
        super().__init__(channels, out, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        n, c, h, w = x.shape
        y = x.permute(0, 2, 3, 1).reshape(-1, c) @ self.weight.reshape(c, -1)
        y = y.reshape(n, h, w, -1, 2, 2).permute(0, 3, 1, 4, 2, 5).reshape(n, -1, 2 * h, 2 * w)
        return y + self.bias[:, None, None]


class Attention(nn.Module):
    """Multi-head self-attention over tokens [B,T,D]."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.head_dim = heads, dim // heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        tokens, dim = int(x.shape[1]), int(x.shape[2])
        qkv = self.qkv(x).reshape(-1, tokens, 3, self.heads, self.head_dim).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0] * self.head_dim ** -0.5, qkv[1], qkv[2]
        out = (q @ k.transpose(-2, -1)).softmax(-1) @ v
        return self.proj(out.transpose(1, 2).reshape(-1, tokens, dim))


class Block(nn.Module):
    """Pre-norm transformer block on a grid [N,H,W,D]; window 0 means global attention."""

    def __init__(self, dim: int, heads: int, mlp: int, window: int) -> None:
        super().__init__()
        self.window = window
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = Attention(dim, heads)
        self.mlp = nn.Sequential(nn.Linear(dim, mlp), nn.GELU(), nn.Linear(mlp, dim))

    def _attend(self, x: Tensor) -> Tensor:
        h, w, d = (int(v) for v in x.shape[1:])   # constants in the exported graph
        s = self.window
        if not s:
            return self.attn(x.reshape(-1, h * w, d)).reshape(-1, h, w, d)
        x = x.reshape(-1, h // s, s, w // s, s, d).permute(0, 1, 3, 2, 4, 5)
        x = self.attn(x.reshape(-1, s * s, d)).reshape(-1, h // s, w // s, s, s, d)
        return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, h, w, d)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self._attend(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Backbone(nn.Module):
    """`image[N,3,320,320]` → `p2..p6`, 64 channels each, strides 4..64 (ViT + SimpleFPN)."""

    def __init__(self, dim: int = 192, depth: int = 6, heads: int = 3, mlp: int = 576,
                 window: int = 10, out: int = C.CHANNELS) -> None:
        super().__init__()
        stages, width = [], 3
        for channels in (24, 48, 96):
            stages += [nn.Conv2d(width, channels, 3, 2, 1), nn.GroupNorm(8, channels), nn.GELU()]
            width = channels
        self.stem = nn.Sequential(*stages, nn.Conv2d(width, dim, 3, 2, 1))
        grid = C.IMAGE_SIZE // 16
        self.pos_embed = nn.Parameter(torch.randn(1, grid, grid, dim) * 0.02)
        self.blocks = nn.ModuleList(
            Block(dim, heads, mlp, 0 if i % 3 == 2 else window) for i in range(depth))
        self.norm = nn.LayerNorm(dim)
        self.up4 = nn.Sequential(Up2(dim, dim // 2), Norm2d(dim // 2),
                                 nn.GELU(), Up2(dim // 2, dim // 4))
        self.up2 = Up2(dim, dim // 2)
        self.lateral = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, out, 1, bias=False), Norm2d(out),
                          nn.Conv2d(out, out, 3, 1, 1, bias=False), Norm2d(out))
            for c in (dim // 4, dim // 2, dim, dim))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        x = self.stem(image).permute(0, 2, 3, 1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        x = self.norm(x).permute(0, 3, 1, 2)
        branches = (self.up4(x), self.up2(x), x, nn.functional.max_pool2d(x, 2))
        p2, p3, p4, p5 = (f(b) for f, b in zip(self.lateral, branches))
        return p2, p3, p4, p5, nn.functional.max_pool2d(p5, 1, 2)


class RpnHead(nn.Module):
    """`p2..p6` → raw `cls_2..cls_6 [N,3,H,W]`, then `reg_2..reg_6 [N,12,H,W]`."""

    def __init__(self, channels: int = C.CHANNELS) -> None:
        super().__init__()
        anchors = len(C.ANCHOR_RATIOS)
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1)
        self.cls = nn.Conv2d(channels, anchors, 1)
        self.reg = nn.Conv2d(channels, anchors * 4, 1)
        for layer in (self.cls, self.reg):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)

    def forward(self, *levels: Tensor) -> tuple[Tensor, ...]:
        hidden = [torch.relu(self.conv(p)) for p in levels]
        return (*[self.cls(h) for h in hidden], *[self.reg(h) for h in hidden])


class BoxHead(nn.Module):
    """`roi_feats[N,64,7,7]` → `cls_score[N,11]`, `bbox_pred[N,40]` (class-major deltas)."""

    def __init__(self, channels: int = C.CHANNELS, hidden: int = 256) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels * C.BOX_ROI ** 2, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.cls = nn.Linear(hidden, C.NUM_CLASSES + 1)
        self.reg = nn.Linear(hidden, C.NUM_CLASSES * 4)
        nn.init.normal_(self.reg.weight, std=0.001)
        nn.init.zeros_(self.reg.bias)

    def forward(self, roi_feats: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.relu(self.fc2(torch.relu(self.fc1(roi_feats.flatten(1)))))
        return self.cls(x), self.reg(x)


class MaskHead(nn.Module):
    """`mask_feats[N,64,14,14]` → `mask_pred[N,10,28,28]` logits."""

    def __init__(self, channels: int = C.CHANNELS, convs: int = 2) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(convs):
            layers += [nn.Conv2d(channels, channels, 3, 1, 1), nn.ReLU()]
        self.convs = nn.Sequential(*layers)
        self.up = Up2(channels, channels)
        self.logits = nn.Conv2d(channels, C.NUM_CLASSES, 1)

    def forward(self, mask_feats: Tensor) -> Tensor:
        return self.logits(torch.relu(self.up(self.convs(mask_feats))))


class VitDet(nn.Module):
    """The four stages; call them one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone, self.rpn = Backbone(), RpnHead()
        self.roi_bbox, self.roi_mask = BoxHead(), MaskHead()

    def parameter_count(self) -> dict[str, int]:
        """Parameters per stage."""
        return {n: sum(p.numel() for p in m.parameters()) for n, m in self.named_children()}
