# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Runs omserve-loadtest beside a server and reads what it measured."""

from __future__ import annotations

import csv
import json
import math
import os
import pathlib
import subprocess
import tempfile
from dataclasses import dataclass

from deploy.with_server import ROOT, Server

# OMSERVE_BUILD names another folder with the programs, to compare builds.
BUILD = pathlib.Path(os.environ.get("OMSERVE_BUILD", ROOT / "build/release"))


@dataclass(frozen=True)
class Request:
    """One line of --records; times in microseconds, those of the clock by time.monotonic()."""

    number: int  # in the run
    name: str  # of its class
    code: str
    scheduled: float
    sent: float
    ended: float
    server: float  # nan when the server did not tell
    batching: float
    device: float
    host: float

    @property
    def latency_ms(self) -> float:
        return (self.ended - self.scheduled) / 1e3


@dataclass(frozen=True)
class Load:
    report: dict  # the document of --json
    requests: list[Request]

    def ok(self, name: str = "") -> list[Request]:
        return [r for r in self.requests if r.code == "OK" and name in ("", r.name)]


def run_load(server: Server, *options: str, timeout_s: float = 300) -> Load:
    """One run; errors of requests are no error here."""
    with tempfile.TemporaryDirectory(prefix="omserve-load-") as scratch:
        records = pathlib.Path(scratch) / "records.csv"
        run = subprocess.run(
            [str(BUILD / "bin/omserve-loadtest"), f"--server={server.address}", "--json"]
            + ["--no-progress", "--fail-on=none", f"--records={records}", *options],
            stdout=subprocess.PIPE,
            check=True,
            timeout=timeout_s,
        )
        with open(records, newline="") as file:
            requests = [_request(line) for line in csv.DictReader(file)]
    return Load(json.loads(run.stdout), requests)


def _request(line: dict[str, str]) -> Request:
    number = {key: float(line[f"{key}_us"] or "nan") for key in (
        "scheduled", "sent", "ended", "server", "batching", "device", "host")}
    return Request(int(line["number"]), line["class"], line["code"], **number)


def write_scenario(path: pathlib.Path, classes: list[dict]) -> str:
    """The option for a scenario of these classes."""
    path.write_text(json.dumps({"classes": classes}))
    return f"--scenario={path}"


def completions_per_s(requests: list[Request], weights: list[float] | None = None) -> float:
    """The slope of the line through the completions (least squares): answers, or their weights, a
    second. Only those that came while requests were being sent, so that the load was whole. Ends of
    the window weigh little that way: completions come in bunches, as batches do."""
    if len(requests) < 2:
        return math.nan
    last_sent = max(request.sent for request in requests)
    pairs = sorted(
        (request.ended / 1e6, weight)
        for request, weight in zip(requests, weights or [1.0] * len(requests))
        if request.ended <= last_sent
    )
    if len(pairs) < 2:
        return math.nan
    return slope(pairs)


def slope(pairs: list[tuple[float, float]]) -> float:
    """Least squares: how fast the sum of the weights grows along (seconds, weight), in order of time."""
    mean_time = sum(time for time, _ in pairs) / len(pairs)
    done, total = [], 0.0
    for _, weight in pairs:
        total += weight
        done.append(total)
    mean_done = sum(done) / len(done)
    above = sum((t - mean_time) * (d - mean_done) for (t, _), d in zip(pairs, done))
    below = sum((t - mean_time) ** 2 for t, _ in pairs)
    return above / below if below > 0 else math.nan


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least 'share' of them do not exceed."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
