# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the load tester tells the truth, and what it costs.

The truth is what delay_server wrote down of each request: how long it kept it, which is the delay
that it injects (loadtest/injected_delay.h) and what its own timer was late. Beside it stands the
nominal truth, computed from the delays and from the times at which the requests were due. The load
tester's figures are those of its report.
"""

from __future__ import annotations

import contextlib
import csv
import json
import math
import pathlib
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.with_server import ROOT
from tests.bench.kserve import analyze, echo_server
from tests.bench.load import BUILD, percentile
from tests.eval.report import Report

BASE_MS, SLOW_MS, SLOW_EVERY = 40.0, 160.0, 10
PERIOD_MS, STALL_MS = 2000.0, 200.0
RATE, SECONDS = 200, 20
TRUTH_BAR, OVERHEAD_BAR = 0.02, 0.5
# What is compared. A tenth of the requests is slow in both other cases: p90 lies on the step there,
# where a share of 0.1 % more or less is milliseconds, and says nothing.
FIGURES = {
    "fixed": ("mean", "p50", "p90", "p95", "p99"),
    "bimodal": ("mean", "p50", "p95", "p99"),
    "stall": ("mean", "p50", "p95", "p99", "p99_9", "max"),
}
MODEL = ["--method=infer", "--model=echo", "--input=INPUT0:FP32:1x256", "--no-progress"]


@dataclass
class DelayServer:
    address: str
    process: subprocess.Popen[str]
    file: pathlib.Path

    def kept_ms(self) -> list[float]:
        """Ends it. How long it kept each request, in the order of their arrival."""
        self.process.terminate()
        self.process.wait(timeout=30)
        return [float(line) / 1e3 for line in self.file.read_text().split()]


@contextlib.contextmanager
def delay_server(kind: str) -> Iterator[DelayServer]:
    """A server with that delay."""
    with tempfile.TemporaryDirectory(prefix="omserve-delay-") as scratch:
        file = pathlib.Path(scratch) / "kept.txt"
        process = subprocess.Popen(
            [str(BUILD / "tests/delay_server"), kind, str(file)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            yield DelayServer(f"127.0.0.1:{int(process.stdout.readline())}", process, file)
        finally:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Run:
    report: dict  # the document of --json
    due_ms: list[float]  # of every measured request, by the clock of the machine


def run_loadtest(address: str, *options: str, seconds: float = SECONDS) -> Run:
    with tempfile.TemporaryDirectory(prefix="omserve-loadtest-") as scratch:
        records = pathlib.Path(scratch) / "records.csv"
        run = subprocess.run(
            [str(BUILD / "bin/omserve-loadtest"), f"--server={address}", *MODEL, "--json"]
            + [f"--duration={seconds}", f"--records={records}", *options],
            stdout=subprocess.PIPE,
            check=True,
            timeout=seconds + 60,
        )
        with records.open(newline="") as file:
            due = [float(line["scheduled_us"]) / 1e3 for line in csv.DictReader(file)]
    return Run(json.loads(run.stdout), due)


def truth(kind: str, due_ms: list[float]) -> list[float]:
    """The latency of each request, milliseconds, if it arrives when it is due."""
    if kind == "bimodal":
        return [SLOW_MS if i % SLOW_EVERY == SLOW_EVERY - 1 else BASE_MS for i in range(len(due_ms))]
    if kind == "fixed":
        return [BASE_MS] * len(due_ms)
    into = [(due + BASE_MS) % PERIOD_MS for due in due_ms]
    return [BASE_MS + (STALL_MS - at if at < STALL_MS else 0.0) for at in into]


def figure(values: list[float], name: str) -> float:
    if name == "mean":
        return statistics.fmean(values)
    if name == "max":
        return max(values)
    return percentile(values, float(name[1:].replace("_", ".")) / 100)


def worst_error(kind: str, run: Run, known: list[float]) -> tuple[float, str]:
    """The greatest relative error over the figures of that case, and all of them in words."""
    worst, words = 0.0, []
    for name in FIGURES[kind]:
        true, told = figure(known, name), run.report["latency_ms"][name]
        worst = max(worst, abs(told - true) / true)
        words.append(f"{name} {told:.2f} of {true:.2f}")
    return worst, f"{kind}: " + ", ".join(words) + " ms"


def bench_truth(out: pathlib.Path, report: Report) -> None:
    programs = ["omserve-loadtest", "delay_server"]
    subprocess.run(["deploy/build.sh", "release", *programs], cwd=ROOT, check=True)
    errors, nominal, words = {}, {}, []
    for kind in FIGURES:
        with delay_server(kind) as server:
            run = run_loadtest(server.address, f"--rate={RATE}", "--warmup=100")
            kept = server.kept_ms()[-len(run.due_ms) :]
            errors[kind], told = worst_error(kind, run, kept)
            nominal[kind], _ = worst_error(kind, run, truth(kind, run.due_ms))
            words.append(told)
            if len(kept) != len(run.due_ms) or run.report["ok"] != run.report["requests"]:
                raise RuntimeError(f"{kind}: {run.report['errors']}")
        if kind != "stall":
            continue
        with delay_server(kind) as server:
            for name, load in (
                ("concurrency1", ["--concurrency-range=1"]),
                (f"rate{RATE}", [f"--request-rate-range={RATE}"]),
            ):
                table = out / f"perf_analyzer-{name}.csv"
                row = analyze(
                    server.address, "echo", [*load, "--measurement-interval=6000", "--max-trials=3"], table
                )
                how = (
                    f"perf_analyzer 2.41.1, unmodified, {' '.join(load)}, of the same server with its "
                    f"stalls: {float(row['Inferences/Second']):.0f} inferences/s, p50 "
                    f"{float(row['p50 latency']) / 1e3:.1f} ms, p99 "
                    f"{float(row['p99 latency']) / 1e3:.1f} ms; the truth for whoever "
                    f"comes by schedule: {told}"
                )
                p95 = float(row["p95 latency"]) / 1e3
                report.add(f"loadtest.perf_analyzer_stall_p95.{name}", p95, "ms", "lower", None, how)
    how = (
        f"open loop, {RATE} requests/s, {SECONDS} s, against servers that write down how long "
        f"they kept each request; worst relative error of the figures: " + "; ".join(words)
    )
    report.add("loadtest.truth_error", max(errors.values()), "ratio", "lower", TRUTH_BAR, how)
    for kind, error in errors.items():
        report.add(f"loadtest.truth_error.{kind}", error, "ratio", "lower", None, how)
    how = "the same against the nominal delays: with what the server's timer, and the way, are late"
    report.add("loadtest.nominal_error", max(nominal.values()), "ratio", "lower", None, how)


def bench_overhead(report: Report) -> None:
    programs = ["omserve-loadtest", "kserve_echo"]
    subprocess.run(["deploy/build.sh", "release", *programs], cwd=ROOT, check=True)
    cores: dict[str, list[float]] = {"constant": [], "poisson": []}
    late: list[float] = []
    with echo_server("queue") as address:
        for _ in range(3):
            for arrivals, found in cores.items():
                run = run_loadtest(
                    address, "--rate=5000", f"--arrivals={arrivals}", "--warmup=1000", seconds=5
                )
                found.append(run.report["client_cores"])
                late.append(run.report["lateness_ms"]["p99"])
                if not math.isclose(run.report["requests_per_s"], 5000, rel_tol=0.05):
                    raise RuntimeError(f"{run.report['requests_per_s']} requests/s, not 5000")
    how = (
        "processor time of the generator (getrusage) over elapsed time, open loop at 5,000 requests/s "
        "of 1 KB (ModelInfer) against a bare gRPC C++ echo, with --records; median of 3 runs of 5 s; "
        f"p99 lateness {statistics.median(late):.2f} ms"
    )
    worst = max(statistics.median(found) for found in cores.values())
    report.add("loadtest.self_overhead", worst, "cores", "lower", OVERHEAD_BAR, how)
    for arrivals, found in cores.items():
        name = f"loadtest.self_overhead.{arrivals}"
        report.add(name, statistics.median(found), "cores", "lower", None, how)
