# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The one load generator for all servers: a closed loop of ModelInfer, and what it saw."""

from __future__ import annotations

import json
import math
import subprocess
from dataclasses import dataclass

from tests.bench.load import BUILD

WARMUP_S = 0.4


@dataclass(frozen=True)
class Target:
    """A model of a running server that takes FP32 [1,...] and gives one tensor back."""

    address: str  # host:port
    model: str
    input: str = "INPUT0"
    output: str = "OUTPUT0"


@dataclass(frozen=True)
class Case:
    """'shape' is that of the tensor behind the batch of one."""

    name: str
    shape: tuple[int, ...]
    in_flight: int

    @property
    def bytes(self) -> int:
        return 4 * math.prod(self.shape)


@dataclass(frozen=True)
class Seen:
    requests_per_s: float
    p50_us: float
    p99_us: float


def drive(target: Target, case: Case, seconds: float, warmup: float = WARMUP_S) -> Seen:
    """One measurement over one connection; RuntimeError when a request failed."""
    run = subprocess.run(
        [str(BUILD / "tests/kserve_loop"), target.address, target.model, target.input]
        + ["x".join(map(str, case.shape)), str(case.in_flight), str(warmup), str(seconds)],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + warmup + 120,
    )
    if run.returncode != 0:
        raise RuntimeError(f"{target.model} at {target.address}, {case.name}: {run.stderr.strip()}")
    answer = json.loads(run.stdout)
    return Seen(answer["requests_per_s"], answer["p50_us"], answer["p99_us"])
