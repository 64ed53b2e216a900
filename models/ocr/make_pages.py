# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Renders a reproducible set of text lines and pages with their ground truth.

    python -m models.ocr.make_pages --lines 1000 --pages 60 --seed 2026 --out build/eval/ocr

`lines.txt` and `pages.txt` are PaddleOCR's SimpleDataSet label files: 'path<TAB>text', and
'path<TAB>[{"transcription", "points"}, ...]', relative to the folder. Pictures are PNG, so that every
decoder sees the same pixels. The same seed gives the same set with the same Pillow and fonts.
"""

from __future__ import annotations

import argparse
import json
import pathlib

import numpy as np
from PIL import Image

from models.ocr import rendering as R
from models.ocr import texts

LINE_TURN, LINE_LEAN = 2.0, 0.06  # degrees; of the line's height
PAGE_TURN, PAGE_LEAN = 4.0, 0.03
UPRIGHT_SHARE = 0.15  # of pages with one line that runs from top to bottom


def text_line(rng: np.random.Generator) -> tuple[Image.Image, str]:
    """One line, cut out with a little paper around it, and its text."""
    text = texts.line(rng, texts.kind(rng), int(rng.integers(2, 38)))
    font = R.pick_font(rng, text, int(rng.integers(22, 60)))
    left, top, right, bottom = R.text_size(font, text)
    width, height = right - left, bottom - top
    margin = int(max(3, height * rng.uniform(0.1, 0.35)))
    paper, ink = R.colours(rng)
    size = (width + 2 * margin, height + 2 * margin)
    sheet = R.paper_sheet(rng, *size, paper)
    R.draw_text(sheet, text, (margin, margin), font, ink)
    # A turn of the whole line would leave little of a long one: as much as its height allows.
    turn = min(LINE_TURN, np.degrees(np.arctan(size[1] / size[0])) * 0.3)
    sheet = R.warp(sheet, R.camera_view(rng, size, turn, LINE_LEAN), tuple(int(v) for v in paper))
    return R.spoil(rng, sheet, 1.0), text


def page(rng: np.random.Generator) -> tuple[Image.Image, list[dict]]:
    """A page of one or two columns, and its lines as SimpleDataSet's objects."""
    width, height = (int(v) for v in rng.integers(736, 1281, 2))
    paper, ink = R.colours(rng)
    sheet = R.paper_sheet(rng, width, height, paper)
    columns = 2 if width > 1000 and rng.random() < 0.5 else 1
    side = int(width * 0.08)
    found: list[tuple[str, R.Quad]] = []
    right_edge = width - side
    if rng.random() < UPRIGHT_SHARE:
        found.append(_upright_line(rng, sheet, (right_edge - 40, int(height * 0.1)), height * 0.7, ink))
        right_edge -= 80
    column_width = (right_edge - side) // columns - (20 if columns == 2 else 0)
    for column in range(columns):
        x = side + column * (column_width + 40)
        found += _column(rng, sheet, x, column_width, ink)
    matrix = R.camera_view(rng, (width, height), PAGE_TURN, PAGE_LEAN)
    sheet = R.warp(sheet, matrix, tuple(int(v) for v in paper))
    labels = [
        {"transcription": text, "points": np.round(R.transform_points(matrix, quad), 1).tolist()}
        for text, quad in found
    ]
    return R.spoil(rng, sheet, 0.6), labels


def _column(
    rng: np.random.Generator, sheet: Image.Image, x: int, width: int, ink: tuple[int, ...]
) -> list[tuple[str, R.Quad]]:
    found = []
    y = int(sheet.height * 0.06)
    while True:
        size = int(rng.integers(20, 42))
        if y + size * 1.4 > sheet.height * 0.94:
            return found
        text = texts.line(rng, texts.kind(rng), int(rng.integers(4, 44)))
        font = R.pick_font(rng, text, size)
        while R.text_size(font, text)[2] > width and len(text) > 1:
            text = text[:-1].rstrip()
        indent = int(rng.integers(0, max(1, width - R.text_size(font, text)[2]) // 3 + 1))
        quad = R.draw_text(sheet, text, (x + indent, y), font, ink)
        found.append((text, quad))
        y = int(quad[2, 1] + size * rng.uniform(0.45, 1.3))


def _upright_line(
    rng: np.random.Generator, sheet: Image.Image, at: tuple[int, int], length: float, ink: tuple[int, ...]
) -> tuple[str, R.Quad]:
    """A line turned a quarter clockwise, read from top to bottom, drawn with its corner at 'at'."""
    text = texts.line(rng, "latin", 16)
    font = R.pick_font(rng, text, 28)
    while R.text_size(font, text)[2] > length:
        text = text[:-1].rstrip()
    left, top, right, bottom = R.text_size(font, text)
    stencil = Image.new("L", (right - left, bottom - top))
    R.draw_text(stencil, text, (0, 0), font, 255)
    stencil = stencil.transpose(Image.ROTATE_270)
    sheet.paste(ink, at, stencil)
    (x1, y1), (w, h) = at, stencil.size
    return text, np.array([[x1 + w, y1], [x1 + w, y1 + h], [x1, y1 + h], [x1, y1]], float)


def make(lines: int, pages: int, seed: int, out: pathlib.Path) -> None:
    """Writes the set. Every picture has a generator of its own, so that none depends on the others."""
    for kind in ("lines", "pages"):
        (out / kind).mkdir(parents=True, exist_ok=True)
    with open(out / "lines.txt", "w", encoding="utf-8") as labels:
        for i in range(lines):
            picture, text = text_line(np.random.default_rng([seed, 0, i]))
            picture.save(out / f"lines/{i:05d}.png")
            labels.write(f"lines/{i:05d}.png\t{text}\n")
            if (i + 1) % 200 == 0:
                print(f"{i + 1}/{lines} lines", flush=True)
    with open(out / "pages.txt", "w", encoding="utf-8") as labels:
        for i in range(pages):
            picture, found = page(np.random.default_rng([seed, 1, i]))
            picture.save(out / f"pages/{i:03d}.png")
            labels.write(f"pages/{i:03d}.png\t{json.dumps(found, ensure_ascii=False)}\n")
            if (i + 1) % 20 == 0:
                print(f"{i + 1}/{pages} pages", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()
    make(args.lines, args.pages, args.seed, args.out)


if __name__ == "__main__":
    main()
