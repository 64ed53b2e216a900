# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What tracing one request of a hundred costs a server that the host limits."""

from __future__ import annotations

import contextlib
import http.server
import pathlib
import shutil
import statistics
import threading
from collections.abc import Iterator

from tests.bench.kserve import SMALL, build_programs, loop
from tests.bench.kserve_models import identity_model
from tests.bench.metrics_cost import ROUNDS, SECONDS, cpu_seconds
from tests.bench.sched_case import Case, say, scrape
from tests.bench.sched_models import write_profile

RATIO = 0.01
IN_FLIGHT = 32
TRACING = 'tracing {{ otlp_endpoint: "{url}" sample_ratio: {ratio} }}\n'


class Taker(http.server.BaseHTTPRequestHandler):
    """Takes every export."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def taker() -> Iterator[str]:
    """A collector that throws away what it gets; its URL."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def exported(text: str) -> float:
    """Requests whose spans the collector has taken."""
    line = next(line for line in text.splitlines() if line.startswith('omserve_traces_total{result="exported"}'))
    return float(line.split()[1])


def trace_cost(case: Case) -> None:
    build_programs()
    model = identity_model(_fresh(case), floats=SMALL)
    profile = write_profile(case.folder / "profile.json", {})
    how = (
        f"requests/s with {RATIO:.0%} of the requests traced and exported over requests/s without "
        f"tracing: two servers by turns, median over {ROUNDS} pairs of {SECONDS} s; identity of 1 KB "
        f"by KServe, a device that takes no time, {IN_FLIGHT} in flight"
    )
    ratios, costs = [], []
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(taker())
        modes = (TRACING.format(url=url, ratio=RATIO), "")
        servers = [stack.enter_context(case.server(profile, text)) for text in modes]
        for server in servers:
            loop(server.address, model, SMALL, IN_FLIGHT, SECONDS)
        for i in range(ROUNDS):
            rates, cpu = {}, {}
            # The first of a pair by turns: whatever changes with time hits both alike.
            for which in (0, 1) if i % 2 == 0 else (1, 0):
                before = cpu_seconds(servers[which])
                ran = loop(servers[which].address, model, SMALL, IN_FLIGHT, SECONDS, 0.05)
                if ran["errors"]:
                    raise RuntimeError(f"trace.cost: {ran['errors']} requests failed")
                rates[which] = ran["requests_per_s"]
                cpu[which] = (cpu_seconds(servers[which]) - before) / ran["requests"]
            ratios.append(rates[0] / rates[1])
            costs.append(cpu[0] / cpu[1])
        traced = exported(scrape(servers[0]))
    if traced < 1:
        raise RuntimeError("trace.cost: nothing was exported")
    say(f"trace.cost: {rates[0]:.0f}/s; {traced:.0f} requests exported; quartiles "
        + ", ".join(f"{q:.3f}" for q in statistics.quantiles(ratios, n=4))
        + f"; processor time a request with over without {statistics.median(costs):.3f}")
    case.add("trace.cost", statistics.median(ratios), "ratio", "higher", 0.98, how)


def _fresh(case: Case) -> pathlib.Path:
    models = case.folder / "models"
    shutil.rmtree(models, ignore_errors=True)
    models.mkdir(parents=True)
    return models
