# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The one set of numbers that training, export and reference inference share."""
from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fashion_scenes import CLASS_NAMES, SCENE_SIZE  # noqa: E402,F401

IMAGE_SIZE = SCENE_SIZE                      # pixels, both sides of the network input
MEAN = (123.675, 116.28, 103.53)             # RGB, 0..255 scale
STD = (58.395, 57.12, 57.375)
PAD_VALUE = 114                              # on uint8, before normalisation

CHANNELS = 64                                # of every pyramid level
STRIDES = (4, 8, 16, 32, 64)                 # p2..p6, pixels
ANCHOR_SCALE = 6.0
ANCHOR_RATIOS = (0.5, 1.0, 2.0)              # height / width
RPN_NMS_PRE = 500                            # per level
RPN_NMS_IOU = 0.7
RPN_MAX = 100                                # proposals per image
ROI_STRIDES = STRIDES[:4]                    # RoIs read p2..p5
ROI_FINEST_SCALE = 28.0
BOX_ROI, MASK_ROI, MASK_OUT = 7, 14, 28
NUM_CLASSES = len(CLASS_NAMES)               # background is index NUM_CLASSES
RPN_STDS = (1.0, 1.0, 1.0, 1.0)
BOX_STDS = (0.1, 0.1, 0.2, 0.2)
SCORE_THR = 0.05                             # strict
BOX_NMS_IOU = 0.5
MAX_DETECTIONS = 100
MASK_THR = 0.5                               # inclusive


def export_parameters() -> dict:
    """The numbers a host needs around the four exported stages, for the metadata files."""
    return {
        "image_size": IMAGE_SIZE,
        "anchors": {"scales": [ANCHOR_SCALE], "ratios": list(ANCHOR_RATIOS),
                    "strides": list(STRIDES), "center_offset": 0.0, "rounded": False},
        "rpn": {"nms_pre": RPN_NMS_PRE, "nms_iou": RPN_NMS_IOU, "max_proposals": RPN_MAX,
                "delta_means": [0.0] * 4, "delta_stds": list(RPN_STDS), "min_size": 0},
        "roi": {"levels": ["p2", "p3", "p4", "p5"], "strides": list(ROI_STRIDES),
                "finest_scale": ROI_FINEST_SCALE, "aligned": True, "sampling_ratio": 0,
                "bbox_size": BOX_ROI, "mask_size": MASK_ROI},
        "bbox": {"num_classes": NUM_CLASSES, "background_index": NUM_CLASSES,
                 "class_agnostic": False, "delta_means": [0.0] * 4,
                 "delta_stds": list(BOX_STDS), "score_thr": SCORE_THR, "nms_iou": BOX_NMS_IOU,
                 "max_detections": MAX_DETECTIONS},
        "mask": {"size": MASK_OUT, "activation": "sigmoid", "threshold": MASK_THR},
    }


def preprocessing() -> dict:
    """How a decoded picture becomes `image[N,3,320,320]`."""
    return {"decode": "bgr_uint8", "resize": {"mode": "keep_ratio", "long_side": IMAGE_SIZE,
                                              "interpolation": "opencv_linear",
                                              "rounding": "floor(x+0.5)"},
            "pad": {"side": "right_bottom", "value": PAD_VALUE, "stage": "before_normalize"},
            "channel_order": "rgb", "scale": 1.0, "mean": list(MEAN), "std": list(STD),
            "layout": "NCHW"}
