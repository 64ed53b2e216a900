# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Client of an omserve: detections, features and text of pictures."""

try:
    from omserve.v1 import vision_pb2 as _generated  # noqa: F401
except ModuleNotFoundError as error:
    if error.name not in ("omserve.v1", "omserve.v1.vision_pb2"):
        raise
    raise ImportError(
        "omserve.v1 is not generated yet: install the package (pip install client/python), or run "
        "python3 client/python/generate.py in the checkout"
    ) from error

from omserve.answers import (
    ClassScore,
    DetectAnswer,
    Detection,
    EmbedAnswer,
    ModelInfo,
    ReadTextAnswer,
    TextCharacter,
    TextLine,
    TextWord,
)
from omserve.client import Client
from omserve.errors import (
    DeadlineError,
    InvalidRequestError,
    ModelNotFoundError,
    NotOfferedError,
    OmserveError,
    OverloadedError,
    PictureError,
    RefusedError,
    UnavailableError,
)
from omserve.timing import StageTiming, Timing

__all__ = [
    "ClassScore",
    "Client",
    "DeadlineError",
    "DetectAnswer",
    "Detection",
    "EmbedAnswer",
    "InvalidRequestError",
    "ModelInfo",
    "ModelNotFoundError",
    "NotOfferedError",
    "OmserveError",
    "OverloadedError",
    "PictureError",
    "ReadTextAnswer",
    "RefusedError",
    "StageTiming",
    "TextCharacter",
    "TextLine",
    "TextWord",
    "Timing",
    "UnavailableError",
]
