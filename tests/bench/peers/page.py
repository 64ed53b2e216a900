# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of a run as Markdown, and the plot as one SVG file that needs nothing else."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402  pylint: disable=wrong-import-position

from tests.bench.peers.driver import Case  # noqa: E402
from tests.bench.peers.identity import OMSERVE, TRITON, Result  # noqa: E402


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in [head, *rows]]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]]) + "\n"


def _label(case: Case) -> str:
    return f"{case.name.split('_')[0].replace('k', ' KB')}, {case.in_flight}"


def identity_table(result: Result, cases: Sequence[Case]) -> str:
    """Requests/s and p50/p99 in ms; ratios to Triton below."""
    rows = []
    for server in result.servers():
        row = [server]
        for case in cases:
            seen = result.median(server, case.name)
            row.append(
                f"{seen.requests_per_s:.0f}, {seen.p50_us / 1e3:.2f}/{seen.p99_us / 1e3:.2f}"
            )
        rows.append(row)
    ratios = [f"{result.ratio(OMSERVE, TRITON, case.name):.3f}" for case in cases]
    rows.append(["**omserve over Triton**", *ratios])
    return _table(["server", *map(_label, cases)], rows)


def settings_table(result: Result, cases: Sequence[Case]) -> str:
    """Requests/s of Triton in every setting that was tried; the best in bold."""
    rows = []
    for setting in dict.fromkeys(setting for setting, _ in result.tried):
        row = [str(setting)]
        for case in cases:
            rate = f"{result.tried[setting, case.name]:.0f}"
            row.append(f"**{rate}**" if result.setting[case.name] == setting else rate)
        rows.append(row)
    return _table(["Triton", *map(_label, cases)], rows)


def vit_table(rates: dict[str, float]) -> str:
    return _table(["server", "images/s"], [[name, f"{rate:.2f}"] for name, rate in rates.items()])


def plot(result: Result, cases: Sequence[Case], path: pathlib.Path) -> None:
    """A panel a case, a bar a server."""
    plt.rcParams["svg.fonttype"] = "none"  # text stays text
    plt.rcParams["svg.hashsalt"] = "omserve"
    servers = result.servers()
    colors = {OMSERVE: "#c2410c", TRITON: "#4d7c0f"}
    figure, panels = plt.subplots(
        1, len(cases), figsize=(2.6 * len(cases) + 1.5, 0.4 * len(servers) + 1.2), sharey=True,
        squeeze=False,
    )
    for panel, case in zip(panels[0], cases):
        rates = [result.median(server, case.name).requests_per_s for server in servers]
        bars = panel.barh(
            servers, rates, color=[colors.get(server, "#a8a29e") for server in servers]
        )
        panel.bar_label(bars, [f"{rate:.0f}" for rate in rates], padding=2, fontsize=8)
        panel.set_xlim(0, max(rates) * 1.3)
        panel.set_title(f"{_label(case)} in flight", fontsize=9)
        panel.set_xticks([])
        panel.spines[["top", "right", "bottom"]].set_visible(False)
    panels[0][0].invert_yaxis()
    figure.supxlabel("requests/s of an identity model, one connection", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
