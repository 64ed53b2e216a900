# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""ViT-B/16 through Embed against a bare OpenVINO loop on the same cores."""

from __future__ import annotations

import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator

from deploy.with_server import ROOT, running_server
from tests.bench.load import BUILD, completions_per_s, run_load
from tests.bench.openvino_path import openvino_path
from tests.bench.vit_model import GEARS, vit_model
from tests.eval.report import Report

IN_FLIGHT = 8
BAR = 0.95
TRY_S = 7.0  # one setting of the bare loop


@contextlib.contextmanager
def bare_loop(onnx: pathlib.Path) -> Iterator[Callable[[int, int, float], float]]:
    """images/s of (streams, batch, seconds)."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/bench/vit_bare.py"), str(onnx)],
        env=os.environ | {"PYTHONPATH": f"{openvino_path()}:{ROOT}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask(streams: int, batch: int, seconds: float) -> float:
        assert process.stdin is not None and process.stdout is not None
        print(streams, batch, seconds, file=process.stdin, flush=True)
        return float(process.stdout.readline())

    try:
        yield ask
    finally:
        process.kill()
        process.wait()


def bench_vit(out: pathlib.Path, report: Report, rounds: int, seconds: float) -> None:
    """By turns, so that a slow moment of the machine is in both."""
    models = out / "vit/models"
    onnx = vit_model(models)
    cores = len(os.sched_getaffinity(0))
    served, bare = [], []
    with bare_loop(onnx) as ask:
        tried = {
            (streams, batch): ask(streams, batch, TRY_S)
            for streams in sorted({1, cores})
            for batch in GEARS
        }
        best = max(tried, key=lambda setting: tried[setting])
        options = ["--method=embed", "--raw=224x224", f"--in-flight={IN_FLIGHT}"]
        # The engine of a device is one thread.
        with running_server(
            BUILD, models, cores, None, out / "vit/server.log",
            config_text=f'cache_dir: "{out / "vit/cache"}"\n',
        ) as server:
            for _ in range(rounds):
                bare.append(ask(*best, seconds))
                load = run_load(
                    server, *options, f"--duration={seconds}", f"--warmup={2 * IN_FLIGHT}"
                )
                if load.report["errors"]:
                    raise RuntimeError(f"Embed failed: {load.report['errors']}")
                served.append(completions_per_s(load.ok()))
    all_tried = ", ".join(f"{s}x{b}: {rate:.2f}" for (s, b), rate in tried.items())
    how = (
        f"ViT-B/16 (random weights), {IN_FLIGHT} in flight, raw 224 x 224 x 3 through Embed, {cores} "
        f"devices of one thread, over OpenVINO alone on the same {cores} cores with {best[0]} streams "
        f"and batches of {best[1]} (images/s by streams x batch: {all_tried}), both fp32; by turns, "
        f"median of {rounds} rounds of {seconds} s"
    )
    ratio = statistics.median(a / b for a, b in zip(served, bare))
    report.add("vit.served_of_raw", ratio, "ratio", "higher", BAR, how)
    report.add("vit.images_per_s", statistics.median(served), "images/s", "higher", None, how)
    report.add("vit.raw_images_per_s", statistics.median(bare), "images/s", "higher", None, how)
