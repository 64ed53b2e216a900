# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What requests notice of models that are loaded anew, and of servers that are told to stop."""

from __future__ import annotations

import concurrent.futures
import os
import pathlib
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

from deploy.with_server import Server, running_server
from tests.bench.load import BUILD, Load, percentile, run_load
from tests.bench.sched_case import Case, say
from tests.bench.sched_models import embed_model, write_profile
from tests.bench.sched_throughput import RAW

# A ViT of the size of B/16 on one device: milliseconds by gear.
GEAR_MS = {1: 12.0, 4: 16.0, 8: 22.0, 16: 32.0}
LOAD = 0.6
RATE = LOAD * 16 / GEAR_MS[16] * 1e3
RELOADS = 50
WINDOWS = 5  # with reloads, each after one without
WINDOW_S = 12.0
STOPS = 50
AT_ONCE = 2  # servers that are stopped


def _models(case: Case) -> pathlib.Path:
    """models/ and the profile of its only stage; gives the profile."""
    embed_model(case.folder / "models", list(GEAR_MS))
    times = {"internvit": {str(gear): ms for gear, ms in GEAR_MS.items()}}
    return write_profile(case.folder / "profile.json", times)


class Reloader(threading.Thread):
    """Reloads in every second window of WINDOW_S from 'start' on (time.monotonic())."""

    def __init__(self, server: Server, start: float):
        super().__init__()
        self.server = server
        self.first = start
        self.failed: list[str] = []
        self.took: list[float] = []

    def run(self) -> None:
        each = RELOADS // WINDOWS
        for window in range(WINDOWS):
            begin = self.first + (2 * window + 1) * WINDOW_S
            for i in range(each):
                time.sleep(max(0.0, begin + (i + 0.5) * WINDOW_S / each - time.monotonic()))
                asked = time.monotonic()
                run = subprocess.run(
                    [str(BUILD / "bin/omserve-client"), f"--control={self.server.control}"]
                    + ["reload", "internvit"],
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=60,
                )
                self.took.append(time.monotonic() - asked)
                if run.returncode != 0:
                    self.failed.append(run.stderr.strip())


def reload(case: Case) -> None:
    profile = _models(case)
    with case.server(profile) as server:
        run_load(server, *RAW, f"--rate={RATE}", "--arrivals=poisson", "--duration=3")
        reloader = Reloader(server, time.monotonic())
        reloader.start()
        load = run_load(
            server, *RAW, f"--rate={RATE}", "--arrivals=poisson", "--seed=1",
            f"--duration={2 * WINDOWS * WINDOW_S + 1}", "--deadline-ms=20000",
        )  # fmt: skip
        reloader.join()
    if reloader.failed or len(reloader.took) != RELOADS:
        raise RuntimeError(f"{len(reloader.failed)} reloads failed: {reloader.failed[:1]}")
    quiet: list[float] = []
    busy: list[float] = []
    for request in load.ok():
        window = (request.scheduled / 1e6 - reloader.first) / WINDOW_S
        if 0 <= window < 2 * WINDOWS:
            (busy if int(window) % 2 else quiet).append(request.latency_ms)
    lost = float(load.report["requests"] - load.report["ok"])
    took = sorted(reloader.took)[len(reloader.took) // 2]
    how = (
        f"{RELOADS} reloads of a model with gears of 12 to 32 ms at {LOAD:.0%} Poisson load "
        f"({RATE:.0f}/s) on one profiled device, {WINDOWS} windows of {WINDOW_S:.0f} s with reloads by "
        f"turns with as many without; a reload took {took * 1e3:.0f} ms (median)"
    )
    case.add("reload.failed", lost, "requests", "lower", 0,
             f"requests without an answer, of {load.report['requests']}: {how}")  # fmt: skip
    p99 = percentile(quiet, 0.99), percentile(busy, 0.99)
    case.add("reload.p99_ratio", p99[1] / p99[0], "ratio", "lower", 1.2,
             f"p99 with reloads ({p99[1]:.1f} ms) over that without ({p99[0]:.1f} ms): {how}")  # fmt: skip


@dataclass(frozen=True)
class Stop:
    in_flight: int  # when the server was told to stop
    answered: int
    failed: int  # sent before, and without an answer
    cancelled: int  # sent later, and turned away by another code than UNAVAILABLE
    codes: dict
    exit_status: int


def stop_one(number: int, case: Case, profile: pathlib.Path) -> Stop:
    """Runs a server from its start into a stop under load."""
    log = case.folder / f"stop{number:02d}.log"
    env = {"HOSTACL_PROFILE": str(profile)}
    with (
        running_server(
            BUILD, case.folder / "models", 1, env, log, config_text=case.config()
        ) as server,
        concurrent.futures.ThreadPoolExecutor(1) as pool,
    ):
        run: concurrent.futures.Future[Load] = pool.submit(
            run_load, server, *RAW, f"--rate={RATE}", "--arrivals=poisson",
            f"--seed={number + 1}", "--duration=2", "--deadline-ms=10000",
        )  # fmt: skip
        # A little later every time, so that it hits the batches at another place.
        time.sleep(1.2 + number % 10 * 0.0037)
        told = time.monotonic() * 1e6
        os.kill(server.process.pid, signal.SIGTERM)
        exit_status = server.process.wait(timeout=30)
        load = run.result()
    before = [r for r in load.requests if r.sent < told]
    failed = sum(r.code not in ("OK", "RESOURCE_EXHAUSTED") for r in before)
    later = [r for r in load.requests if r.sent >= told]
    return Stop(
        in_flight=sum(r.ended > told for r in before),
        answered=load.report["ok"],
        failed=failed,
        cancelled=sum(r.code not in ("OK", "RESOURCE_EXHAUSTED", "UNAVAILABLE") for r in later),
        codes=load.report["errors"],
        exit_status=exit_status,
    )


def drain(case: Case) -> None:
    profile = _models(case)
    with case.server(profile):
        pass  # fills the table of gear times
    stops: list[Stop] = []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for stop in pool.map(lambda i: stop_one(i, case, profile), range(STOPS)):
            stops.append(stop)
            if stop.failed or stop.cancelled or stop.exit_status:
                say(f"drain: {stop.failed} failed, {stop.cancelled} cancelled later: {stop.codes}, "
                    f"exit status {stop.exit_status}")  # fmt: skip
    if any(stop.exit_status for stop in stops):
        raise RuntimeError("a server did not end with 0")
    if min(stop.in_flight for stop in stops) == 0:
        say("drain: nothing was in flight at one of the stops")
    how = (
        f"requests that were sent before SIGTERM and got no answer, in {STOPS} stops at {LOAD:.0%} "
        f"Poisson load; of those sent later {sum(s.cancelled for s in stops)} were cancelled instead "
        "of refused with UNAVAILABLE (they were on the wire when gRPC sent its GOAWAY); "
        f"{min(s.in_flight for s in stops)} to {max(s.in_flight for s in stops)} in flight then, "
        f"{sum(s.answered for s in stops)} answered"
    )
    case.add("drain.failed", float(sum(s.failed for s in stops)), "requests", "lower", 0, how)
