# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A server under traffic, scraped by a Prometheus: what dashboards, rules and autoscaler are asked against."""

from __future__ import annotations

import contextlib
import pathlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.with_server import ROOT, running_server
from tests.deploy import metrics_file, prometheus, traffic

BUILD = ROOT / "build/release"
# Of `make build`, or of the release build's tests.
MODELS = next((path for path in (ROOT / "build/models", BUILD / "test_models") if path.exists()), ROOT)
NPU_METRICS = pathlib.Path(__file__).with_name("npu_exporter.txt")
CONFIG = f'scheduling {{ shadow_check_rate: 0.2 }}\ncache_dir: "{ROOT / "build/gear_costs"}"\n'
TRAFFIC_SECONDS = 15.0


@dataclass(frozen=True)
class Monitored:
    prometheus: prometheus.Prometheus
    outcomes: Counter[str]
    start: float  # seconds since 1970
    end: float


@contextlib.contextmanager
def monitored() -> Iterator[Monitored]:
    """The traffic is over when this yields; Prometheus still answers."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running_server(BUILD, MODELS, 2, config_text=CONFIG))
        chips = stack.enter_context(metrics_file.serving(NPU_METRICS))
        jobs = {"omserve": [f"127.0.0.1:{server.ports['metrics']}"], "npu-exporter": [chips]}
        scraped = stack.enter_context(prometheus.running_prometheus(jobs))
        start = time.time()
        outcomes = traffic.send(server.address, TRAFFIC_SECONDS)
        yield Monitored(scraped, outcomes, start, time.time())
