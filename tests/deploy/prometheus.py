# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus that scrapes what a test runs, with the rules of deploy/prometheus."""

from __future__ import annotations

import contextlib
import json
import math
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from tests.deploy.rendering import ROOT

FOLDER = ROOT / "build/deps/prometheus/usr/bin"
PROMTOOL = FOLDER / "promtool"
RULES = ROOT / "deploy/prometheus/rules.yaml"
STEP_SECONDS = 1


@dataclass(frozen=True)
class Series:
    labels: dict[str, str]
    times: list[float]
    values: list[float]

    def finite(self) -> bool:
        return any(math.isfinite(value) for value in self.values)


class Prometheus:
    """One that runs at 'address' (host:port)."""

    def __init__(self, address: str):
        self.address = address

    def _get(self, path: str, **arguments: str | float) -> dict:
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(arguments)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(f"{path} {arguments}: {error.read().decode()}") from error

    def range(self, expression: str, start: float, end: float) -> list[Series]:
        data = self._get("query_range", query=expression, start=start, end=end, step=STEP_SECONDS)
        return [
            Series(one["metric"], [at for at, _ in one["values"]], [float(v) for _, v in one["values"]])
            for one in data["result"]
        ]

    def targets(self) -> list[dict]:
        return self._get("targets")["activeTargets"]

    def rules(self) -> list[dict]:
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_until(what: str, holds, seconds: float = 30) -> None:
    """Polls: what other programs do has no event to wait for."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


@contextlib.contextmanager
def running_prometheus(jobs: dict[str, list[str]]) -> Iterator[Prometheus]:
    """'jobs': name -> host:port of the targets. Rules are evaluated every second."""
    with tempfile.TemporaryDirectory(prefix="omserve-prometheus-") as scratch:
        folder = pathlib.Path(scratch)
        (folder / "rules.yaml").write_text(re.sub(r"interval: \w+", "interval: 1s", RULES.read_text()))
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [
                {
                    "job_name": job,
                    # What the PodMonitor brings.
                    "static_configs": [{"targets": targets, "labels": {"namespace": "test", "pod": f"{job}-0"}}],
                }
                for job, targets in jobs.items()
            ],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        address = f"127.0.0.1:{free_port()}"
        with open(folder / "log", "w") as log:
            process = subprocess.Popen(
                [str(FOLDER / "prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
                + [f"--web.listen-address={address}"],
                stdout=log, stderr=log,
            )  # fmt: skip
        prometheus = Prometheus(address)

        def ready() -> bool:
            if process.poll() is not None:
                raise RuntimeError(f"Prometheus ended: {(folder / 'log').read_text()[-2000:]}")
            with contextlib.suppress(OSError, ValueError):
                return {"up"} == {target["health"] for target in prometheus.targets()}
            return False

        try:
            wait_until("Prometheus scrapes its targets", ready)
            yield prometheus
        finally:
            process.terminate()
            process.wait(timeout=30)
