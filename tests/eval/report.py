# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The report of `make eval` and `make bench`: a list of figures beside their bars, as JSON."""

from __future__ import annotations

import json
import math
import pathlib
from dataclasses import asdict, dataclass, field


@dataclass
class Figure:
    """One measured figure. 'reference' is its bar; None for a figure without one."""

    name: str
    value: float
    unit: str
    better: str  # "higher" or "lower"
    reference: float | None
    how: str

    def meets(self) -> bool | None:
        if self.reference is None:
            return None
        if math.isnan(self.value):
            return False
        if self.better == "higher":
            return self.value >= self.reference
        return self.value <= self.reference


@dataclass
class Report:
    figures: list[Figure] = field(default_factory=list)

    def add(
        self, name: str, value: float, unit: str, better: str, reference: float | None, how: str
    ) -> None:
        figure = Figure(name, float(value), unit, better, reference, how)
        self.figures.append(figure)
        print(self._line(figure), flush=True)

    @staticmethod
    def _line(figure: Figure) -> str:
        mark = {True: "meets the bar", False: "MISSES THE BAR", None: ""}[figure.meets()]
        sign = ">=" if figure.better == "higher" else "<="
        bar = "" if figure.reference is None else f"{sign} {figure.reference:g}"
        return f"{figure.name:34} {figure.value:12.6g} {figure.unit:10} {bar:12} {mark}"

    def write(self, folder: pathlib.Path) -> pathlib.Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "report.json"
        path.write_text(json.dumps([asdict(f) for f in self.figures], indent=2) + "\n")
        print(f"wrote {path}")
        return path
