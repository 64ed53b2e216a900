# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures as users have them, into the wire's Image: paths, bytes, numpy arrays, PIL images."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from omserve.errors import PictureError
from omserve.v1 import vision_pb2

if TYPE_CHECKING:
    import PIL.Image

# A path or the bytes of a JPEG, PNG or WebP file; uint8 pixels of shape (h, w), (h, w, 1), (h, w, 3)
# or (h, w, 4); a PIL image of any mode.
Picture = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, np.ndarray, "PIL.Image.Image"]

_ORDERS = {"rgb": vision_pb2.RawPixels.ORDER_RGB, "bgr": vision_pb2.RawPixels.ORDER_BGR}


def to_wire(picture: Picture, order: str = "rgb") -> vision_pb2.Image:
    """The message for 'picture'. 'order' is that of an array's channels: rgb, or bgr as OpenCV has.

    Files and bytes are sent as they are. A grey array becomes three equal channels; a fourth
    channel is dropped. PIL images are turned by their EXIF orientation, as the server turns files.
    PictureError says what is wrong with a picture that cannot be sent.
    """
    if isinstance(picture, (str, os.PathLike)):
        return _encoded(_read(pathlib.Path(picture)), f"{os.fspath(picture)}")
    if isinstance(picture, (bytes, bytearray, memoryview)):
        return _encoded(bytes(picture), "the picture")
    if isinstance(picture, np.ndarray):
        return _raw(picture, order)
    if hasattr(picture, "convert") and hasattr(picture, "getexif"):
        return _raw(_pil_pixels(picture), "rgb")
    raise PictureError(
        f"a picture is a path, bytes, a numpy array or a PIL image, not {type(picture).__name__}"
    )


def _read(path: pathlib.Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PictureError(f"{path}: {error.strerror}; give the path of a picture") from error


def _encoded(data: bytes, name: str) -> vision_pb2.Image:
    if not data:
        raise PictureError(f"{name} is empty; give the bytes of a JPEG, PNG or WebP file")
    return vision_pb2.Image(encoded=data)


def _raw(pixels: np.ndarray, order: str) -> vision_pb2.Image:
    if order not in _ORDERS:
        raise PictureError(f"order is {order!r}; use 'rgb' or 'bgr'")
    if pixels.dtype != np.uint8:
        raise PictureError(
            f"the array is {pixels.dtype}; give uint8 pixels from 0 to 255, "
            "e.g. (array * 255).round().astype('uint8')"
        )
    shape = pixels.shape
    if len(shape) == 2 or (len(shape) == 3 and shape[2] == 1):
        pixels = np.repeat(pixels.reshape(*shape[:2], 1), 3, axis=2)
    elif len(shape) == 3 and shape[2] in (3, 4):
        pixels = pixels[:, :, :3]
    else:
        raise PictureError(f"the array has the shape {shape}; give (height, width[, 1, 3 or 4])")
    if 0 in pixels.shape:
        raise PictureError(f"the array has the shape {shape}: no pixel; give at least 1 x 1")
    return vision_pb2.Image(
        raw=vision_pb2.RawPixels(
            width=pixels.shape[1],
            height=pixels.shape[0],
            order=_ORDERS[order],
            pixels=np.ascontiguousarray(pixels).tobytes(),
        )
    )


def _pil_pixels(picture: Any) -> np.ndarray:
    from PIL import ImageOps  # there, since 'picture' is one of its images

    return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
