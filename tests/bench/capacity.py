# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""How well the simulator foresees the rate at which a server saturates: docs/capacity.md."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
from dataclasses import dataclass, field

from deploy.with_server import ROOT, Server
from tests.bench.load import BUILD
from tests.bench.sched_case import Case, say, scrape
from tests.bench.sched_models import crops_model, embed_model, write_profile
from tests.bench.sched_throughput import (
    PROFILES,
    RAW,
    closed_loop,
    completions_per_s,
    crop_folder,
    skewed_crops,
)
from tests.eval.eval import make_data

BAR = 0.05


@dataclass(frozen=True)
class Workload:
    """One pipeline on one profiled device, and what its requests are like."""

    name: str
    profile: pathlib.Path
    options: list[str]  # of the load
    in_flight: int
    seconds: float
    items: dict[str, str] = field(default_factory=dict)  # by stage; others are read off the server
    stages: tuple[str, ...] = ()


def build_program() -> None:
    subprocess.run(["deploy/build.sh", "release", "capacity"], cwd=ROOT, check=True)


def items_by_stage(text: str) -> dict[str, float]:
    """Items that devices computed so far, of a scrape of one pipeline."""
    pairs = re.findall(r'^omserve_inferences_total{[^}]*stage="([^"]+)"} (\S+)$', text, re.MULTILINE)
    return {stage: float(value) for stage, value in pairs}


def answers(text: str) -> float:
    """Requests that were answered so far, of a scrape: warm-up and all, as the items are."""
    return sum(map(float, re.findall(r'^omserve_requests_total{[^}]*code="OK"[^}]*} (\S+)$', text, re.MULTILINE)))


def host_ms(text: str) -> float:
    """Decoding and preprocessing of a request in the mean."""
    total = 0.0
    for phase in ("decode", "preprocess"):
        labels = rf'omserve_stage_duration_seconds_%s{{[^}}]*stage="{phase}"}} (\S+)$'
        seconds = sum(map(float, re.findall("^" + labels % "sum", text, re.MULTILINE)))
        count = sum(map(float, re.findall("^" + labels % "count", text, re.MULTILINE)))
        total += 1e3 * seconds / count if count else 0.0
    return total


def measure(server: Server, workload: Workload) -> tuple[float, dict[str, str], float]:
    """Answers a second, items of a request by stage, and host milliseconds before the first stage."""
    before = scrape(server)
    closed_loop(server, 1, 3, *workload.options)
    alone = host_ms(scrape(server))
    text = scrape(server)
    start, first = items_by_stage(text), answers(text)
    load = closed_loop(server, workload.in_flight, workload.seconds, *workload.options)
    rate = completions_per_s(load.ok())
    text = scrape(server)
    end, done = items_by_stage(text), answers(text) - first
    items = {stage: f"{(end[stage] - start[stage]) / done:.2f}" for stage in end if stage in items_by_stage(before)}
    return rate, items | workload.items, alone


def predict(workload: Workload, items: dict[str, str], before_ms: float) -> float:
    """Answers a second, by the simulator."""
    command = [str(BUILD / "tests/capacity"), f"--profile={workload.profile}", "--json", "--seconds=120"]
    command += [f"--in-flight={workload.in_flight}", f"--host-ms={before_ms:.3f}"]
    if workload.stages:
        command.append("--stages=" + ",".join(workload.stages))
    for stage, count in items.items():
        command += ["--items", f"{stage}={count}"]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=300)
    return json.loads(run.stdout)["answered_per_s"]


def workloads(case: Case) -> list[Workload]:
    """Makes their models, pictures and profiles. Each has a folder of its own."""
    scenes = case.folder.parent / "scenes"
    make_data("scenes", 64, scenes)
    vitdet = case.folder / "vitdet/models/vitdet"
    if not vitdet.exists():
        shutil.copytree(ROOT / "build/models/vitdet", vitdet)
    embed_model(case.folder / "internvit/models", [1, 4, 8], "Ascend910B4")
    gears, crop_gears = [1, 2, 4, 8], [1, 4, 8, 16, 32]
    crops_model(case.folder / "crops/models", 32, crop_gears, gears)
    counts = skewed_crops()
    pictures = crop_folder(case.folder / "crops/pictures", counts)
    times = write_profile(
        case.folder / "crops/profile.json",
        {
            "backbone": {str(b): 0.5 + 2.0 * b for b in gears},
            "rpn": {str(b): 0.2 + 0.05 * b for b in gears},
            "roi_bbox": {str(b): 4 + 0.25 * b for b in crop_gears},
        },
    )
    return [
        Workload("vitdet", PROFILES / "910b3-vitdet.json", ["--method=detect", f"--images={scenes}"], 16, 40),
        Workload("internvit", PROFILES / "910b4-internvit-6b.json", RAW, 32, 15),
        Workload("crops", times, ["--method=detect", f"--images={pictures}"], 48, 15,
                 {"roi_bbox": ",".join(map(str, counts))}, ("backbone", "rpn", "roi_bbox")),
    ]  # fmt: skip


def capacity(case: Case) -> None:
    build_program()
    worst = 0.0
    for workload in workloads(case):
        part = Case(f"{case.name}.{workload.name}", case.folder / workload.name, case.report, False)
        with part.server(workload.profile) as server:
            measured, items, before_ms = measure(server, workload)
        known = {stage: n for stage, n in items.items() if not workload.stages or stage in workload.stages}
        predicted = predict(workload, known, before_ms)
        error = abs(predicted / measured - 1)
        worst = max(worst, error)
        say(f"capacity: {workload.name} measured {measured:.2f}/s, predicted {predicted:.2f}/s, items {known}")
        how = (
            f"|predicted / measured - 1|: {predicted:.2f} and {measured:.2f} answers/s, one device with "
            f"{workload.in_flight} in flight, profile {workload.profile.name}"
        )
        case.add(f"capacity.model_error.{workload.name}", error, "ratio", "lower", None, how)
    how = (
        "the largest of three pipelines (ViTDet, InternViT-6B, skewed crops): the simulator's saturation "
        "rate against a profiled server's; it is told the profile, items a request and host times"
    )
    case.add("capacity.model_error", worst, "ratio", "lower", BAR, how)
