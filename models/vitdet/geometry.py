# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Anchors, box deltas and proposal selection, shared by training and reference inference."""
from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor
from torchvision.ops import nms, roi_align

import config as C

MAX_LOG_RATIO = abs(math.log(16.0 / 1000.0))


@lru_cache(maxsize=None)
def level_anchors(stride: int, height: int, width: int) -> Tensor:
    """Anchors [H*W*3,4] of one level, ordered (y, x, ratio), centred on grid corners."""
    base = []
    for ratio in C.ANCHOR_RATIOS:
        w = C.ANCHOR_SCALE * stride / math.sqrt(ratio)
        h = C.ANCHOR_SCALE * stride * math.sqrt(ratio)
        base.append([-w / 2, -h / 2, w / 2, h / 2])
    ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    shift = torch.stack([xs, ys, xs, ys], -1).reshape(-1, 1, 4).float() * stride
    return (shift + torch.tensor(base)[None]).reshape(-1, 4)


def decode(priors: Tensor, deltas: Tensor, stds: tuple[float, ...],
           size: int = C.IMAGE_SIZE) -> Tensor:
    """Applies deltas [...,4] to priors [...,4]; the result is clipped to the size×size frame."""
    d = deltas * deltas.new_tensor(stds)
    wh = priors[..., 2:] - priors[..., :2]
    centre = priors[..., :2] + 0.5 * wh + wh * d[..., :2]
    half = 0.5 * wh * d[..., 2:].clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO).exp()
    return torch.cat([centre - half, centre + half], -1).clamp(0, size)


def encode(priors: Tensor, boxes: Tensor, stds: tuple[float, ...]) -> Tensor:
    """The deltas [K,4] that turn priors [K,4] into boxes [K,4]."""
    pwh, bwh = priors[:, 2:] - priors[:, :2], boxes[:, 2:] - boxes[:, :2]
    shift = (boxes[:, :2] + 0.5 * bwh - priors[:, :2] - 0.5 * pwh) / pwh
    return torch.cat([shift, (bwh / pwh).log()], 1) / priors.new_tensor(stds)


def flatten_rpn(cls: list[Tensor], reg: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """Per level, cls [N,3,H,W] → [N,H*W*3] and reg [N,12,H,W] → [N,H*W*3,4]."""
    n = cls[0].shape[0]
    return ([c.permute(0, 2, 3, 1).reshape(n, -1) for c in cls],
            [r.permute(0, 2, 3, 1).reshape(n, -1, 4) for r in reg])


def proposals(scores: list[Tensor], deltas: list[Tensor], anchors: list[Tensor],
              limit: int = C.RPN_MAX) -> Tensor:
    """Proposals [K<=limit,4] of one image from per-level logits [A] and deltas [A,4].

    NMS runs per level on exact coordinates; the survivors of all levels are ranked together.
    """
    boxes, probs = [], []
    for s, d, a in zip(scores, deltas, anchors):
        p = s.sigmoid()
        if p.numel() > C.RPN_NMS_PRE:
            p, order = p.topk(C.RPN_NMS_PRE)
            d, a = d[order], a[order]
        b = decode(a, d, C.RPN_STDS)
        valid = ((b[:, 2] > b[:, 0]) & (b[:, 3] > b[:, 1])).nonzero()[:, 0]
        b, p = b[valid], p[valid]
        kept = nms(b, p, C.RPN_NMS_IOU)
        boxes.append(b[kept])
        probs.append(p[kept])
    ranked = torch.cat(probs).sort(descending=True, stable=True).indices[:limit]
    return torch.cat(boxes)[ranked]


def roi_levels(rois: Tensor) -> Tensor:
    """Pyramid index 0..3 of each RoI [K,4] (network frame)."""
    area = (rois[:, 2] - rois[:, 0]) * (rois[:, 3] - rois[:, 1])
    level = torch.floor(torch.log2(area.sqrt() / C.ROI_FINEST_SCALE + 1e-6))
    return level.clamp(0, len(C.ROI_STRIDES) - 1).long()


def pool(features: list[Tensor], rois: Tensor, out: int, sampling_ratio: int = -1) -> Tensor:
    """RoIAlign of rois [K,5] (image index, box) over p2..p5 → [K,C,out,out]."""
    level = roi_levels(rois[:, 1:])
    result = rois.new_zeros(len(rois), features[0].shape[1], out, out)
    for i, stride in enumerate(C.ROI_STRIDES):
        at = (level == i).nonzero()[:, 0]
        if len(at):
            result[at] = roi_align(features[i], rois[at], out, 1.0 / stride, sampling_ratio, True)
    return result
