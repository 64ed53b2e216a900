# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""ViT-B/16 on every server: one engine, OpenVINO in fp32 on all cores, and one load generator."""

from __future__ import annotations

import contextlib
import os
import pathlib
import statistics
from collections.abc import Callable

import numpy as np

from deploy.with_server import running_server
from tests.bench.load import BUILD
from tests.bench.peers import python_servers, triton
from tests.bench.peers.driver import Case, Target, drive
from tests.bench.peers.processes import answer
from tests.bench.vit_model import vit_model

CASE = Case("vit_c8", (3, 224, 224), 8)
WARMUP_S = 2.0
TOLERANCE = 1e-3  # of numbers of unit size, sums in another order


def check(targets: dict[str, Target]) -> None:
    """All answer the same, or nothing is measured."""
    pixels = np.random.default_rng(7).normal(size=(1, *CASE.shape)).astype(np.float32)
    answers = {name: answer(target, pixels) for name, target in targets.items()}
    first = next(iter(answers.values()))
    for name, states in answers.items():
        if states.shape != first.shape or np.abs(states - first).max() > TOLERANCE:
            raise RuntimeError(f"{name} answers another thing than {next(iter(answers))}")


def measure(
    out: pathlib.Path,
    rounds: int,
    seconds: float,
    keep: Callable[[dict[str, float]], None] = lambda rates: None,
) -> dict[str, float]:
    """Images/s of every server, the median of rounds by turns. 'keep' is called after every round."""
    models = out / "models"
    onnx = vit_model(models)
    cores = len(os.sched_getaffinity(0))
    rates: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        server = enter(
            running_server(
                BUILD, models, cores, None, out / "omserve.log",
                config_text=f'cache_dir: "{out / "cache"}"\n',
            )
        )
        targets = {
            f"omserve, {cores} devices of 1 thread": Target(
                server.address, "vit.internvit", "pixel_values", "last_hidden_state"
            )
        }
        for form, target in enter(triton.vit(out / "triton", onnx)).items():
            targets[f"Triton, Python backend, {form}"] = target
        targets["MLServer"] = enter(python_servers.mlserver(out / "mlserver", onnx))["vit"]
        targets["KServe Python server"] = enter(
            python_servers.kserve_python(out / "kserve", onnx)
        )["vit"]
        check(targets)
        for _ in range(rounds):
            for name, target in targets.items():
                rate = drive(target, CASE, seconds, WARMUP_S).requests_per_s
                rates.setdefault(name, []).append(rate)
            medians = {name: statistics.median(values) for name, values in rates.items()}
            keep(medians)
    return medians
