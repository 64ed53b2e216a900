# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Draws a dashboard as SVG from the answers of its queries: a picture for the docs without a Grafana."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable

from tests.deploy.prometheus import Series

COLUMN, ROW, GAP = 42, 24, 8  # pixels of a cell of the grid
COLOURS = ("#3274d9", "#e0752d", "#299c46", "#a352cc", "#d64292", "#c4a000", "#56a6a6", "#8f3bb8", "#7a7a7a", "#b35c00")


def number(value: float, unit: str) -> str:
    if unit == "percentunit":
        return f"{value * 100:.3g} %"
    if unit == "s":
        return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
    if unit == "bytes":
        return f"{value / 2**30:.3g} GiB" if value >= 2**30 else f"{value / 2**20:.3g} MiB"
    suffix = {"reqps": " /s", "ops": " /s", "celsius": " °C", "watt": " W"}.get(unit, "")
    return f"{value:.3g}{suffix}"


def _stacked(series: list[Series]) -> list[Series]:
    below: dict[float, float] = {}
    out = []
    for one in series:
        values = []
        for at, value in zip(one.times, one.values):
            below[at] = below.get(at, 0.0) + (value if math.isfinite(value) else 0.0)
            values.append(below[at])
        out.append(Series(one.labels, one.times, values))
    return out


def _text(x: float, y: float, words: str, size: int, more: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" {more}>{html.escape(words)}</text>'


class _Box:
    """A panel's place in pixels."""

    def __init__(self, at: dict[str, int]):
        self.x, self.y = at["x"] * COLUMN + GAP, at["y"] * ROW + GAP
        self.width, self.height = at["w"] * COLUMN - GAP, at["h"] * ROW - GAP


def _lines(box: _Box, series: list[Series], names: list[str], unit: str, stacked: bool, span: tuple[float, float]) -> Iterable[str]:
    drawn = _stacked(series) if stacked else series
    top = max((v for one in drawn for v in one.values if math.isfinite(v)), default=0.0) or 1.0
    legend_rows = math.ceil(min(len(names), 9) / 3)
    left, right = box.x + 52, box.x + box.width - 8
    upper, lower = box.y + 26, box.y + box.height - 8 - 13 * legend_rows
    for part in (0.0, 0.5, 1.0):
        y = lower - (lower - upper) * part
        yield f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e4e7eb"/>'
        yield _text(left - 4, y + 4, number(top * part, unit), 9, 'text-anchor="end" fill="#6b7480"')
    for index, one in reversed(list(enumerate(drawn))):
        points = [
            (left + (right - left) * (at - span[0]) / (span[1] - span[0]), lower - (lower - upper) * value / top)
            for at, value in zip(one.times, one.values)
            if math.isfinite(value)
        ]
        if not points:
            continue
        colour = COLOURS[index % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        if stacked:
            ends = f"{points[-1][0]:.1f},{lower:.1f} {points[0][0]:.1f},{lower:.1f}"
            yield f'<polygon points="{path} {ends}" fill="#fff"/>'  # over the higher ones
            yield f'<polygon points="{path} {ends}" fill="{colour}" fill-opacity="0.25"/>'
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.3"/>'
    for index, name in enumerate(names[:9]):
        x = left - 40 + (index % 3) * (right - left + 40) / 3
        y = lower + 14 + 13 * (index // 3)
        yield f'<rect x="{x:.0f}" y="{y - 6:.0f}" width="8" height="4" fill="{COLOURS[index % len(COLOURS)]}"/>'
        yield _text(x + 12, y, name[:26], 9, 'fill="#3c4650"')


def draw(board: dict, answers: dict[tuple[int, str], list[Series]], span: tuple[float, float]) -> str:
    """'answers' by panel id and refId; 'span': seconds since 1970."""
    parts = []
    bottom = 0.0
    for panel in board["panels"]:
        box = _Box(panel["gridPos"])
        bottom = max(bottom, box.y + box.height)
        parts.append(f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="3" fill="#fff" stroke="#d5dae0"/>')
        parts.append(_text(box.x + 8, box.y + 16, panel["title"], 12, 'font-weight="600" fill="#1f2830"'))
        series, names = [], []
        for target in panel["targets"]:
            for one in answers[(panel["id"], target["refId"])]:
                legend = target["legendFormat"] or panel["title"]
                for label, value in one.labels.items():
                    legend = legend.replace("{{" + label + "}}", value)
                series.append(one)
                names.append(legend)
        unit = panel["fieldConfig"]["defaults"]["unit"]
        if panel["type"] == "stat":
            last = next((v for v in reversed(series[0].values) if math.isfinite(v)), math.nan)
            parts.append(_text(box.x + box.width / 2, box.y + 62, number(last, unit), 26, 'text-anchor="middle" fill="#1f2830"'))
        else:
            stacked = panel["fieldConfig"]["defaults"].get("custom", {}).get("stacking", {}).get("mode") == "normal"
            parts.extend(_lines(box, series, names, unit, stacked, span))
    width, height = 24 * COLUMN + GAP, bottom + GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{width}" height="{height:.0f}" fill="#f4f5f7"/>', *parts, "</svg>\n"])
