# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The scheduler's measurements, by name; README.md says how each figure is obtained."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from tests.bench import (
    capacity,
    failover,
    life,
    metrics_cost,
    sched_delays,
    sched_throughput,
    trace_cost,
)
from tests.bench.sched_case import Case
from tests.eval.report import Report

CASES: dict[str, Callable[[Case], None]] = {
    "sched.vitdet910b3": sched_throughput.vitdet910b3,
    "sched.internvit910b4": sched_throughput.internvit910b4,
    "sched.crops": sched_throughput.crops,
    "sched.devices64": sched_throughput.devices64,
    "sched.goodput": sched_throughput.goodput,
    "sched.hop": sched_delays.hop,
    "sched.idle_delay": sched_delays.idle_delay,
    "sched.expiry": sched_delays.expiry,
    "sched.fairness": sched_delays.fairness,
    "failover": failover.failover,
    "metrics.cost": metrics_cost.metrics_cost,
    "trace.cost": trace_cost.trace_cost,
    "capacity": capacity.capacity,
    "life.reload": life.reload,
    "life.drain": life.drain,
}


def bench_sched(name: str, out: pathlib.Path, report: Report, plain: bool) -> None:
    """One of CASES."""
    CASES[name](Case(name, out / name, report, plain))
