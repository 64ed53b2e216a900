# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What the KServe front costs: against bare gRPC servers, and as perf_analyzer sees it."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import pathlib
import shutil
import statistics
import subprocess
from collections.abc import Iterator

from deploy.with_server import ALLOCATOR, ROOT, running_server
from tests.bench.kserve_models import identity_model
from tests.bench.load import BUILD
from tests.eval.report import Report

ECHOES = ("callback", "callback-parsed", "callback-arena", "queue", "queue-parsed")
SMALL, LARGE = 256, 150_528  # floats: 1 KB, and a picture of 224 x 224
OVERHEAD_BAR_US = 60
DEPS = ROOT / "build/deps"


def build_programs() -> None:
    programs = ["kserve_echo", "kserve_loop"]
    subprocess.run(["deploy/build.sh", "release", *programs], cwd=ROOT, check=True)


@contextlib.contextmanager
def echo_server(kind: str) -> Iterator[str]:
    """A bare server of that kind; its address."""
    process = subprocess.Popen(
        [str(BUILD / "tests/kserve_echo"), kind], stdout=subprocess.PIPE, text=True,
        env=ALLOCATOR | os.environ,
    )
    try:
        assert process.stdout is not None
        yield f"127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def loop(
    address: str, model: str, floats: int, in_flight: int, seconds: float, warmup: float = 0.5
) -> dict[str, float]:
    """What a closed loop saw."""
    run = subprocess.run(
        [str(BUILD / "tests/kserve_loop"), address, model, "INPUT0", str(floats)]
        + [str(in_flight), str(warmup), str(seconds)],
        stdout=subprocess.PIPE,
        check=True,
        timeout=seconds + warmup + 60,
    )
    return json.loads(run.stdout)


@contextlib.contextmanager
def identity_server(folder: pathlib.Path, floats: int) -> Iterator[tuple[str, str]]:
    """omserve with the identity model; its address and the name of the model."""
    models = folder / "models"
    shutil.rmtree(models, ignore_errors=True)
    models.mkdir(parents=True)
    name = identity_model(models, floats=floats)
    with running_server(
        BUILD, models, 1, None, folder / "server.log",
        config_text=f'cache_dir: "{folder / "cache"}"\n',
    ) as server:
        yield server.address, name


def bench_overhead(out: pathlib.Path, report: Report, rounds: int, seconds: float) -> None:
    """By turns, so that a slow moment of the machine is in both."""
    build_programs()
    served, bare = [], []
    with (
        identity_server(out / "kserve", SMALL) as (address, model),
        echo_server("callback") as echo,
    ):
        for _ in range(rounds):
            bare.append(loop(echo, model, SMALL, 1, seconds)["p50_us"])
            served.append(loop(address, model, SMALL, 1, seconds)["p50_us"])
    more = statistics.median(a - b for a, b in zip(served, bare))
    how = (
        f"identity model of 1 KB through the scheduler, one request in flight, median latency over "
        f"that of a bare gRPC C++ echo (callback API, byte buffers), by turns; median of {rounds} "
        f"rounds of {seconds} s; served {statistics.median(served):.0f} us"
    )
    report.add("kserve.identity_overhead_us", more, "us", "lower", OVERHEAD_BAR_US, how)
    report.add("kserve.bare_echo_us", statistics.median(bare), "us", "lower", None, how)


def bench_kinds(out: pathlib.Path, report: Report, rounds: int, seconds: float) -> None:
    """The kinds that a server can be built in, bare; and omserve beside them."""
    build_programs()
    for label, floats in (("1k", SMALL), ("600k", LARGE)):
        rates: dict[tuple[str, int], list[float]] = {}
        with contextlib.ExitStack() as stack:
            servers = {kind: stack.enter_context(echo_server(kind)) for kind in ECHOES}
            address, model = stack.enter_context(
                identity_server(out / f"kserve-{label}", floats)
            )
            servers["omserve"] = address
            for _ in range(rounds):
                for in_flight in (1, 8, 32):
                    for kind, at in servers.items():
                        rate = loop(at, model, floats, in_flight, seconds)["requests_per_s"]
                        rates.setdefault((kind, in_flight), []).append(rate)
        for (kind, in_flight), values in rates.items():
            name = f"kserve.{'rate' if kind == 'omserve' else 'echo.' + kind}_{label}_c{in_flight}"
            how = (
                f"identity of {floats * 4} bytes, {in_flight} in flight on one connection, "
                f"median of {rounds} rounds of {seconds} s"
            )
            report.add(name, statistics.median(values), "requests/s", "higher", None, how)


def analyze(address: str, model: str, load: list[str], table: pathlib.Path) -> dict[str, str]:
    """One run of the unmodified perf_analyzer; the last row of its table."""
    program = DEPS / "tritonclient/data/bin/perf_analyzer"
    program.chmod(0o755)
    subprocess.run(
        [str(program), "-m", model, "-i", "grpc", "-u", address, "-x", "1", "-f", str(table)]
        + ["--measurement-interval=2000", "--stability-percentage=50", *load],
        env=os.environ | {"LD_LIBRARY_PATH": str(DEPS / "cuda_runtime")},
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=300,
    )
    with table.open() as rows:
        return list(csv.DictReader(rows))[-1]


def bench_perf_analyzer(out: pathlib.Path, report: Report) -> None:
    with identity_server(out / "kserve", SMALL) as (address, model):
        for name, load in (
            ("concurrency8", ["--concurrency-range=8", "--async"]),
            ("rate1000", ["--request-rate-range=1000"]),
            ("streaming8", ["--concurrency-range=8", "--streaming"]),
        ):
            row = analyze(address, model, load, out / f"perf_analyzer-{name}.csv")
            split = {
                part: float(row[f"Server {part}"])
                for part in ("Queue", "Compute Input", "Compute Infer", "Compute Output")
            }
            if not any(split.values()):
                raise RuntimeError(f"perf_analyzer saw no server split: {row}")
            how = (
                "perf_analyzer 2.41.1, unmodified, "
                + " ".join(load)
                + "; server split in us: "
                + ", ".join(f"{part.lower()} {value:.0f}" for part, value in split.items())
            )
            rate = float(row["Inferences/Second"])
            report.add(f"kserve.perf_analyzer.{name}", rate, "inferences/s", "higher", None, how)
