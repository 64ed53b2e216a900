# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The dashboards as Prometheus sees them: their queries with the variables filled in."""

from __future__ import annotations

import json
import pathlib
from dataclasses import dataclass

from tests.deploy.prometheus import Prometheus, Series
from tests.deploy.rendering import ROOT

FOLDER = ROOT / "deploy/grafana"
VALUES = {"$__rate_interval": "10s", "$__range": "60s", "$instance": ".*", "$model": ".*"}


@dataclass(frozen=True)
class Query:
    dashboard: str
    panel: str
    ref: str
    expression: str
    legend: str

    @property
    def name(self) -> str:
        return f"{self.dashboard} / {self.panel} / {self.ref}"

    def filled(self) -> str:
        out = self.expression
        for name, value in VALUES.items():
            out = out.replace(name, value)
        return out

    def answer(self, prometheus: Prometheus, start: float, end: float) -> list[Series]:
        """Series with a number in them; an empty one is none."""
        return [one for one in prometheus.range(self.filled(), start, end) if one.finite()]


def load(path: pathlib.Path) -> dict:
    return json.loads(path.read_text())


def paths() -> list[pathlib.Path]:
    found = sorted(FOLDER.glob("*.json"))
    assert found, "no dashboard"
    return found


def queries() -> list[Query]:
    return [
        Query(path.stem, panel["title"], target["refId"], target["expr"], target["legendFormat"])
        for path in paths()
        for panel in load(path)["panels"]
        for target in panel["targets"]
    ]
