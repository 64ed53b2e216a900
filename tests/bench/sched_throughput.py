# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""How near to the limit of the device the scheduler comes, and how much of it is of use at overload."""

from __future__ import annotations

import json
import pathlib
import random
import shutil

from deploy.with_server import ROOT, Server
from tests.bench.load import Load, completions_per_s, run_load
from tests.bench.sched_case import Case, say
from tests.bench.sched_models import crops_model, embed_model, picture_with, write_profile
from tests.eval.eval import make_data

PROFILES = ROOT / "hostacl/profiles"
RAW = ["--method=embed", "--raw=16x16"]


def closed_loop(server: Server, in_flight: int, seconds: float, *options: str) -> Load:
    load = run_load(
        server, f"--in-flight={in_flight}", f"--duration={seconds}", f"--warmup={in_flight}", *options
    )
    if load.report["errors"]:
        say(f"errors: {load.report['errors']}")
    return load


def saturated(server: Server, in_flight: int, seconds: float, *options: str) -> float:
    """Answers a second of a closed loop."""
    return completions_per_s(closed_loop(server, in_flight, seconds, *options).ok())


def busy_share(log: pathlib.Path, load: Load) -> float:
    """The part of the time in which requests were sent that the compute engine of device 0 worked."""
    begin = min(request.sent for request in load.requests)
    end = max(request.sent for request in load.requests)
    busy = 0.0
    for event in json.loads(log.read_text())["traceEvents"]:
        if event["pid"] == 0 and event["tid"] == "compute":
            start, stop = max(event["ts"], begin), min(event["ts"] + event["dur"], end)
            busy += max(0.0, stop - start)
    return busy / (end - begin)


def vitdet910b3(case: Case) -> None:
    models = case.folder / "models"
    if not models.exists():
        shutil.copytree(ROOT / "build/models/vitdet", models / "vitdet")
    scenes = case.folder.parent / "scenes"
    make_data("scenes", 64, scenes)
    how = (
        "images/s x 0.303714 s; one device, profile 910b3-vitdet (gear b costs b times gear 1; a ROI "
        "gear up to one picture's proposals costs one picture's time, so that masks of several "
        "pictures in one batch can bring it above 1), the trained small model with its real "
        "post-processing, 16 in flight"
    )
    for suffix, mode in case.modes():
        log = case.folder / f"engines{suffix}.json"
        with case.server(PROFILES / "910b3-vitdet.json", mode, HOSTACL_ENGINE_LOG=log) as server:
            options = ["--method=detect", f"--images={scenes}"]
            load = closed_loop(server, 16, 25 if suffix else 45, *options)
        value = completions_per_s(load.ok()) * 0.303714
        case.add(f"sched.vitdet910b3.of_ideal{suffix}", value, "ratio", "higher", 0.97, how)
        busy_how = "part of the same time in which the compute engine worked, by its own log"
        busy = busy_share(log, load)
        case.add(f"sched.vitdet910b3.busy{suffix}", busy, "ratio", "higher", None, busy_how)


def internvit910b4(case: Case) -> None:
    embed_model(case.folder / "models", [1, 4, 8], "Ascend910B4")
    how = (
        "images/s over 32.66; raw 16 x 16 pictures through Embed, profile 910b4-internvit-6b, 32 in "
        "flight, one device"
    )
    for suffix, mode in case.modes():
        with case.server(PROFILES / "910b4-internvit-6b.json", mode) as server:
            rate = saturated(server, 32, 10 if suffix else 20, *RAW)
        case.add(f"sched.internvit910b4.of_ideal{suffix}", rate / 32.66, "ratio", "higher", 0.97, how)


def skewed_crops(pictures: int = 61) -> list[int]:
    """0 to 60 crops, many pictures with few and few with many; the same in every run."""
    crops = [round(60 * (i / (pictures - 1)) ** 3) for i in range(pictures)]
    random.Random(1).shuffle(crops)
    return crops


def crop_folder(folder: pathlib.Path, crops: list[int]) -> pathlib.Path:
    for i, count in enumerate(crops):
        picture_with(count, folder / f"{i:04d}.png")
    return folder


def crops(case: Case) -> None:
    gears = [1, 4, 8, 16, 32]
    crops_model(case.folder / "models", 32, gears)
    counts = skewed_crops()
    pictures = crop_folder(case.folder / "pictures", counts)
    profile = write_profile(
        case.folder / "profile.json", {"roi_bbox": {str(b): 4 + 0.25 * b for b in gears}}
    )
    ideal = 32 / (4 + 0.25 * 32) * 1e3
    how = (
        "crops/s over 2666.7 (gear 32 always full); Detect with 0 to 60 crops a picture, skewed "
        f"(mean {sum(counts) / len(counts):.1f}), t(b) = 4 + 0.25 b ms, the other stages free, "
        "64 in flight, one device"
    )
    for suffix, mode in case.modes():
        with case.server(profile, mode) as server:
            options = ["--method=detect", f"--images={pictures}", "--in-flight=64"]
            load = run_load(server, *options, f"--duration={8 if suffix else 15}", "--warmup=300")
        done = load.ok()
        weights = [float(counts[request.number % len(counts)]) for request in done]
        rate = completions_per_s(done, weights)
        case.add(f"sched.crops.of_ideal{suffix}", rate / ideal, "ratio", "higher", 0.95, how)


def devices64(case: Case) -> None:
    embed_model(case.folder / "models", [1, 8])
    profile = write_profile(case.folder / "profile.json", {"internvit": {"1": 150.0, "8": 160.0}})
    how = (
        "throughput of 64 devices over 64 x that of one, 24 requests in flight a device; raw 16 x 16 "
        "pictures through Embed, gear 8 takes 160 ms, gear 1 150 ms"
    )
    for suffix, mode in case.modes():
        rates = {}
        for devices, seconds in ((1, 8), (64, 10)):
            with case.server(profile, mode, devices, HOSTACL_DEVICE_MEMORY_MIB=64) as server:
                rates[devices] = saturated(server, 24 * devices, seconds, *RAW)
        say(f"devices64: one {rates[1]:.1f}/s, 64 {rates[64]:.1f}/s")
        value = rates[64] / (64 * rates[1])
        case.add(f"sched.devices64.linear{suffix}", value, "ratio", "higher", 0.95, how)


def goodput(case: Case) -> None:
    gears = [1, 2, 4, 8]
    embed_model(case.folder / "models", gears)
    profile = write_profile(
        case.folder / "profile.json", {"internvit": {str(b): 20 + 2.5 * b for b in gears}}
    )
    how = (
        "answers within the deadline a second (from the scheduled time, by the client) at a Poisson "
        "load of twice the closed-loop rate, over that rate; deadline 120 ms, 3 x gear 8; "
        "t(b) = 20 + 2.5 b ms, raw 16 x 16 pictures through Embed, one device"
    )
    for suffix, mode in case.modes():
        with case.server(profile, mode) as server:
            rate = saturated(server, 32, 8, *RAW)
            load = run_load(
                server, *RAW, f"--rate={2 * rate}", "--arrivals=poisson", "--deadline-ms=120",
                "--limit-ms=120", "--duration=12", f"--warmup={round(2 * rate)}",
            )  # fmt: skip
        report = load.report
        say(f"goodput: {rate:.1f}/s saturated; offered {report['offered_per_s']:.1f}/s, in time "
            f"{report['goodput_per_s']:.1f}/s, late by p99 {report['lateness_ms']['p99']:.1f} ms, "
            f"{report['errors']}")
        value = report["goodput_per_s"] / rate
        case.add(f"sched.goodput_at_2x{suffix}", value, "ratio", "higher", 0.95, how)
