# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What the metrics cost a server that the host limits."""

from __future__ import annotations

import contextlib
import pathlib
import statistics
import urllib.request

from deploy.with_server import Server
from tests.bench.load import run_load
from tests.bench.sched_case import Case, say
from tests.bench.sched_models import embed_model, write_profile
from tests.bench.sched_throughput import RAW

ROUNDS = 31
SECONDS = 0.7
OFF = "metrics: METRICS_OFF\n"


def cpu_seconds(server: Server) -> float:
    """Processor time of the server so far."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def metrics_cost(case: Case) -> None:
    embed_model(case.folder / "models", [1, 2, 4, 8, 16, 32])
    profile = write_profile(case.folder / "profile.json", {})
    how = (
        "requests/s with all metrics, scraped once a round, over requests/s without "
        f"(metrics: METRICS_OFF): two servers by turns, median over {ROUNDS} pairs of {SECONDS} s; "
        "raw 16 x 16 pictures through Embed, a device that takes no time, 32 in flight"
    )
    ratios, costs = [], []
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(case.server(profile, text)) for text in ("", OFF)]
        options = [*RAW, "--in-flight=32", f"--duration={SECONDS}"]
        for server in servers:
            run_load(server, *options)
        for i in range(ROUNDS):
            rates, cpu = {}, {}
            # The first of a pair by turns: whatever changes with time hits both alike.
            for which in (0, 1) if i % 2 == 0 else (1, 0):
                before = cpu_seconds(servers[which])
                if which == 0:
                    url = f"http://127.0.0.1:{servers[0].ports['metrics']}/metrics"
                    urllib.request.urlopen(url, timeout=10).read()
                load = run_load(servers[which], *options)
                rates[which] = load.report["steady_requests_per_s"]
                cpu[which] = (cpu_seconds(servers[which]) - before) / max(1, load.report["ok"])
            ratios.append(rates[0] / rates[1])
            costs.append(cpu[0] / cpu[1])
    say(f"metrics.cost: {rates[0]:.0f}/s; quartiles "
        + ", ".join(f"{q:.3f}" for q in statistics.quantiles(ratios, n=4))
        + f"; processor time a request with over without {statistics.median(costs):.3f}")
    case.add("metrics.cost", statistics.median(ratios), "ratio", "higher", 0.98, how)
