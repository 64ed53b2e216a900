# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Mask R-CNN training losses for the staged model (boxes in network-frame pixels)."""
from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import box_iou, roi_align

import config as C
import geometry as G
from model import VitDet

RPN_SAMPLES, RPN_POSITIVE = 128, 0.5     # anchors per image, share of positives
BOX_SAMPLES, BOX_POSITIVE = 64, 0.4      # RoIs per image
MASK_SAMPLES = 12                        # RoIs per image
TRAIN_PROPOSALS = 150


class Target(NamedTuple):
    """Ground truth of one image."""

    boxes: Tensor   # [K,4] float32
    labels: Tensor  # [K] int64, 0..9
    masks: Tensor   # [K,H,W] uint8


def _pick(pool: Tensor, count: int) -> Tensor:
    return pool[torch.randperm(len(pool))[:count]]


def _sample(positive: Tensor, negative: Tensor, total: int, share: float) -> tuple[Tensor, Tensor]:
    pos = _pick(positive, int(total * share))
    return pos, _pick(negative, total - len(pos))


def rpn_loss(cls: Tensor, reg: Tensor, anchors: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Objectness and box loss of one image: cls [A], reg [A,4], anchors [A,4], boxes [K,4]."""
    iou = box_iou(boxes, anchors)
    best, owner = iou.max(0)
    positive = best >= 0.6
    peak = iou.max(1, keepdim=True).values
    positive |= ((iou == peak) & (peak >= 0.3)).any(0)   # the best anchors of every garment
    pos, neg = _sample(positive.nonzero()[:, 0], ((best < 0.3) & ~positive).nonzero()[:, 0],
                       RPN_SAMPLES, RPN_POSITIVE)
    chosen = torch.cat([pos, neg])
    truth = torch.zeros(len(chosen))
    truth[:len(pos)] = 1
    target = G.encode(anchors[pos], boxes[owner[pos]], C.RPN_STDS)
    return (F.binary_cross_entropy_with_logits(cls[chosen], truth),
            F.smooth_l1_loss(reg[pos], target, beta=1 / 9, reduction="sum") / len(chosen))


def _box_targets(proposals: Tensor, target: Target) -> tuple[Tensor, Tensor, Tensor]:
    """Samples RoIs [R,4] with labels [R] (10 = background) and their garment index [R]."""
    rois = torch.cat([proposals, target.boxes])
    best, owner = box_iou(target.boxes, rois).max(0)
    pos, neg = _sample((best >= 0.5).nonzero()[:, 0], (best < 0.5).nonzero()[:, 0],
                       BOX_SAMPLES, BOX_POSITIVE)
    chosen = torch.cat([pos, neg])
    labels = target.labels[owner[chosen]].clone()
    labels[len(pos):] = C.NUM_CLASSES
    return rois[chosen], labels, owner[chosen]


def _mask_targets(masks: Tensor, rois: Tensor, owner: Tensor) -> Tensor:
    """Ground-truth masks cropped to the RoIs: [R,28,28] of 0/1."""
    index = torch.cat([owner[:, None].float(), rois], 1)
    crops = roi_align(masks[:, None].float(), index, C.MASK_OUT, 1.0, -1, True)
    return (crops[:, 0] >= 0.5).float()


def losses(model: VitDet, images: Tensor, targets: list[Target]) -> dict[str, Tensor]:
    """All five losses of a batch: images [N,3,320,320] normalised."""
    levels = model.backbone(images)
    out = model.rpn(*levels)
    cls, reg = G.flatten_rpn(list(out[:5]), list(out[5:]))
    anchors = [G.level_anchors(s, p.shape[2], p.shape[3]) for s, p in zip(C.STRIDES, levels)]
    all_cls, all_reg, all_anchors = torch.cat(cls, 1), torch.cat(reg, 1), torch.cat(anchors)
    n = len(targets)
    obj = box = images.new_zeros(())
    rois, labels, deltas, mask_rois, mask_labels, mask_truth = [], [], [], [], [], []
    for i, target in enumerate(targets):
        o, b = rpn_loss(all_cls[i], all_reg[i], all_anchors, target.boxes)
        obj, box = obj + o / n, box + b / n
        with torch.no_grad():
            props = G.proposals([c[i] for c in cls], [r[i] for r in reg], anchors,
                                TRAIN_PROPOSALS)
            r, l, owner = _box_targets(props, target)
            fg = (l < C.NUM_CLASSES).nonzero()[:, 0]
            deltas.append(G.encode(r[fg], target.boxes[owner[fg]], C.BOX_STDS))
            few = _pick(fg, MASK_SAMPLES)
            mask_truth.append(_mask_targets(target.masks, r[few], owner[few]))
            tag = torch.full((len(r), 1), float(i))
            rois.append(torch.cat([tag, r], 1))
            mask_rois.append(torch.cat([tag[:len(few)], r[few]], 1))
            labels.append(l)
            mask_labels.append(l[few])
    label, mask_label = torch.cat(labels), torch.cat(mask_labels)
    # A fixed 2×2 sampling grid per bin keeps training fast; inference uses the adaptive grid.
    score, pred = model.roi_bbox(G.pool(levels, torch.cat(rois), C.BOX_ROI, 2))
    fg = (label < C.NUM_CLASSES).nonzero()[:, 0]
    chosen = pred.reshape(len(label), C.NUM_CLASSES, 4)[fg, label[fg]]
    logits = model.roi_mask(G.pool(levels, torch.cat(mask_rois), C.MASK_ROI, 2))
    logits = logits[torch.arange(len(mask_label)), mask_label]
    return {"rpn_cls": obj, "rpn_box": box, "cls": F.cross_entropy(score, label),
            "box": F.smooth_l1_loss(chosen, torch.cat(deltas), beta=1.0, reduction="sum")
            / len(label),
            "mask": F.binary_cross_entropy_with_logits(logits, torch.cat(mask_truth))}
