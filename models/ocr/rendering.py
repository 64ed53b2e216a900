# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Draws text with Debian's fonts, and spoils pictures as cameras and scanners do."""

from __future__ import annotations

import functools
import io
import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

_FONTS = pathlib.Path("/usr/share/fonts")
_SIMPLIFIED = 2  # index of simplified Chinese in Noto's collections
LATIN_FONTS = tuple(
    _FONTS / "truetype" / name
    for name in (
        "dejavu/DejaVuSans.ttf", "dejavu/DejaVuSans-Bold.ttf", "dejavu/DejaVuSerif.ttf",
        "dejavu/DejaVuSansMono.ttf", "liberation/LiberationSans-Regular.ttf",
        "liberation/LiberationSans-Bold.ttf", "liberation/LiberationSans-Italic.ttf",
        "liberation/LiberationSerif-Regular.ttf", "liberation/LiberationSerif-Italic.ttf",
        "liberation/LiberationSansNarrow-Regular.ttf",
    )
)
CHINESE_FONTS = tuple(
    _FONTS / "opentype/noto" / name
    for name in (
        "NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc",
        "NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc",
    )
)
Quad = np.ndarray  # float64 (4, 2): corners clockwise from the top left as the text stands


@functools.lru_cache(maxsize=512)
def _font(path: pathlib.Path, size: int) -> ImageFont.FreeTypeFont:
    if not path.exists():
        raise FileNotFoundError(f"{path}: deploy/bootstrap.sh --eval installs the fonts")
    return ImageFont.truetype(str(path), size, index=_SIMPLIFIED if path.suffix == ".ttc" else 0)


def pick_font(rng: np.random.Generator, text: str, size: int) -> ImageFont.FreeTypeFont:
    """A font with all characters of 'text': Latin ones for ASCII, else Noto's."""
    fonts = LATIN_FONTS if text.isascii() else CHINESE_FONTS
    return _font(fonts[rng.integers(len(fonts))], size)


def colours(rng: np.random.Generator) -> tuple[np.ndarray, tuple[int, ...]]:
    """Paper and ink, RGB, at least 90 grey levels apart; one in six is light on dark."""
    paper, ink = rng.integers(180, 256, 3), rng.integers(0, 90, 3)
    if rng.random() < 1 / 6:
        paper, ink = ink, paper
    return paper, tuple(int(v) for v in ink)


def paper_sheet(rng: np.random.Generator, width: int, height: int, colour: np.ndarray) -> Image.Image:
    """Paper with a soft gradient of light across it."""
    across = np.linspace(-1, 1, width)[None, :] * rng.uniform(-12, 12)
    down = np.linspace(-1, 1, height)[:, None] * rng.uniform(-12, 12)
    sheet = colour[None, None, :] + (across + down)[:, :, None]
    return Image.fromarray(np.clip(sheet, 0, 255).astype(np.uint8))


def homography(source: Quad, target: Quad) -> np.ndarray:
    """The 3 x 3 matrix that takes the corners 'source' to 'target'; its last number is 1."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        right += [u, v]
    return np.append(np.linalg.solve(np.array(rows, float), np.array(right, float)), 1).reshape(3, 3)


def transform_points(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(n, 2) points through a homography."""
    moved = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return moved[:, :2] / moved[:, 2:]


def camera_view(rng: np.random.Generator, size: tuple[int, int], turn: float, lean: float) -> np.ndarray:
    """A homography of the picture: turned by up to 'turn' degrees, and each corner moved by up to
    'lean' times the shorter side; everything is shrunk so that the corners stay inside."""
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    angle = np.radians(rng.uniform(-turn, turn))
    cosine, sine = np.cos(angle), np.sin(angle)
    centre = corners.mean(0)
    moved = (corners - centre) @ np.array([[cosine, sine], [-sine, cosine]])
    moved += rng.uniform(-lean, lean, (4, 2)) * min(size)
    moved *= min(1.0, *(np.array(size) / 2 / np.abs(moved).max(0)))
    return homography(corners, moved + centre)


def warp(picture: Image.Image, matrix: np.ndarray, fill: tuple[int, ...]) -> Image.Image:
    """'picture' seen through the homography, in its own size; outside it is 'fill'."""
    back = np.linalg.inv(matrix)
    coefficients = (back / back[2, 2]).ravel()[:8]
    return picture.transform(
        picture.size, Image.PERSPECTIVE, tuple(coefficients), Image.BICUBIC, fillcolor=fill
    )


def spoil(rng: np.random.Generator, picture: Image.Image, strength: float) -> Image.Image:
    """Blur, noise and JPEG's artefacts, each of a random amount up to 'strength' (1: hard to read)."""
    if rng.random() < 0.6:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.6) * strength))
    if rng.random() < 0.6:
        noise = rng.normal(0, rng.uniform(2, 20) * strength, (*picture.size[::-1], 3))
        pixels = np.asarray(picture, np.float64) + noise
        picture = Image.fromarray(np.clip(np.round(pixels), 0, 255).astype(np.uint8))
    if rng.random() < 0.5:
        buffer = io.BytesIO()
        picture.save(buffer, "jpeg", quality=int(rng.integers(90 - int(55 * strength), 95)))
        picture = Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")
    return picture


def text_size(font: ImageFont.FreeTypeFont, text: str) -> tuple[int, int, int, int]:
    """The ink's box when drawn at (0, 0)."""
    return font.getbbox(text)


def draw_text(
    sheet: Image.Image, text: str, at: tuple[int, int], font: ImageFont.FreeTypeFont, ink: tuple[int, ...]
) -> Quad:
    """Draws 'text' so that its ink begins at 'at'; gives the ink's corners."""
    left, top, right, bottom = text_size(font, text)
    ImageDraw.Draw(sheet).text((at[0] - left, at[1] - top), text, font=font, fill=ink)
    x1, y1 = at
    x2, y2 = x1 + right - left, y1 + bottom - top
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], float)
