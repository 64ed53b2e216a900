# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What the scheduler adds to the time of a request: alone, between stages, late, or in a crowd."""

from __future__ import annotations

import json
import math
import statistics

from tests.bench.load import Load, percentile, run_load, write_scenario
from tests.bench.sched_case import Case, say
from tests.bench.sched_models import crops_model, embed_model, picture_with, write_profile
from tests.bench.sched_throughput import RAW


def gaps_us(log: dict, first: str, second: str, load: Load) -> list[float]:
    """From the end of a run of 'first' to the start of the run of 'second' that comes next on the
    same device, while the load was on."""
    begin = min(request.sent for request in load.requests)
    end = max(request.ended for request in load.requests)
    gaps = []
    for device in {event["pid"] for event in log["traceEvents"]}:
        runs = sorted(
            (event["ts"], event["ts"] + event["dur"], event["name"])
            for event in log["traceEvents"]
            if event["pid"] == device and event["tid"] == "compute" and begin <= event["ts"] <= end
        )
        for (_, ended, name), (started, _, following) in zip(runs, runs[1:]):
            if (name, following) == (first, second):
                gaps.append(started - ended)
    return gaps


def hop(case: Case) -> None:
    crops_model(case.folder / "models", 32, [1, 4, 8])
    picture = picture_with(3, case.folder / "pictures/3.png")
    profile = write_profile(
        case.folder / "profile.json",
        {name: {"default": 5.0} for name in ("backbone", "rpn", "roi_bbox")},
    )
    how = (
        "from the end of the backbone to the start of the RPN on the device, by its own log "
        "(HOSTACL_ENGINE_LOG), a lone request, p50 of 300; 5 ms a stage, one device"
    )
    for suffix, mode in case.modes():
        log = case.folder / f"engines{suffix}.json"
        with case.server(profile, mode, HOSTACL_ENGINE_LOG=log) as server:
            options = ["--method=detect", f"--images={picture}", "--in-flight=1"]
            load = run_load(server, *options, "--requests=300", "--warmup=20")
        gaps = gaps_us(json.loads(log.read_text()), "backbone", "rpn", load)
        if len(gaps) < 300:
            raise RuntimeError(f"{len(gaps)} hops in the log, 300 requests")
        say(f"hop: p50 {percentile(gaps, 0.5):.1f} us, p99 {percentile(gaps, 0.99):.1f} us")
        case.add(f"sched.hop_us{suffix}", percentile(gaps, 0.5), "us", "lower", 20, how)


def idle_delay(case: Case) -> None:
    embed_model(case.folder / "models", [1, 2, 4, 8])
    profile = write_profile(case.folder / "profile.json", {"internvit": {"default": 5.0}})
    how = (
        "StageTiming's queue + batch-form of a lone request on an idle server, p50 of 500; raw 16 x 16 "
        "pictures through Embed, 5 ms, one device"
    )
    rest_how = (
        "the same requests: from arrival to answer at the server, less all that StageTiming tells; "
        "threads that wake, copies' ends that are seen late, the answer"
    )
    for suffix, mode in case.modes():
        with case.server(profile, mode) as server:
            done = run_load(server, *RAW, "--in-flight=1", "--requests=500", "--warmup=50").ok()
        delay = statistics.median(request.batching for request in done)
        rest = statistics.median(r.server - r.batching - r.device - r.host for r in done)
        case.add(f"sched.idle_delay_us{suffix}", delay, "us", "lower", 50, how)
        case.add(f"sched.idle_rest_us{suffix}", rest, "us", "lower", None, rest_how)


BUDGET_MS = 50
FEWEST_LATE = 200  # below that a p99 says nothing


def expiry(case: Case) -> None:
    gears = [1, 2, 4, 8]
    embed_model(case.folder / "models", gears)
    profile = write_profile(
        case.folder / "profile.json", {"internvit": {str(b): 8 + 2 * b for b in gears}}
    )
    faults = case.folder / "faults.json"
    # Admission refuses what it knows to be too late; what nobody can foresee makes requests expire,
    # in the queue and on the device.
    rule = {"task": "execute", "every": 5, "from_ms": 3000, "slow": 5}
    faults.write_text(json.dumps({"rules": [rule]}))
    how = (
        "from the end of the budget to the server's Finish, by its clock (elapsed-us), p99 of the "
        "requests that were let in and had no answer within their budget; 50 ms in omserve-budget-ms, "
        "client's deadline 10 s, Poisson load of twice what the device can do (t(b) = 8 + 2 b ms, "
        "every fifth execution five times as long)"
    )
    for suffix, mode in case.modes():
        with case.server(profile, mode, HOSTACL_FAULTS=faults) as server:
            load = run_load(
                server, *RAW, f"--budget-ms={BUDGET_MS}", "--deadline-ms=10000", "--rate=660",
                "--arrivals=poisson", "--duration=12", "--warmup=2000",
            )  # fmt: skip
        late = [
            max(0.0, request.server / 1e3 - BUDGET_MS)
            for request in load.requests
            if request.code == "DEADLINE_EXCEEDED"
            or (request.code == "OK" and request.server / 1e3 > BUDGET_MS)
        ]
        in_time = [r for r in load.ok() if r.server / 1e3 <= BUDGET_MS]
        say(f"expiry: {len(in_time)} in time, {len(late)} not, {load.report['errors']}; late by p50 "
            f"{percentile(late, 0.5):.2f}, p99 {percentile(late, 0.99):.2f}, max "
            f"{max(late, default=math.nan):.2f} ms")
        value = percentile(late, 0.99) if len(late) >= FEWEST_LATE else math.nan
        case.add(f"sched.expiry_ms_p99{suffix}", value, "ms", "lower", 2, how)


def fairness(case: Case) -> None:
    gears = [1, 4, 8, 16, 32]
    crops_model(case.folder / "models", 128, gears)
    longest_ms = 4 + 0.25 * 32
    profile = write_profile(
        case.folder / "profile.json", {"roi_bbox": {str(b): 4 + 0.25 * b for b in gears}}
    )
    crowded_s = (1000 // 32 * longest_ms + 4 + 0.25 * 8) / 1e3  # device time of 1,000 crops
    rate = 0.3 / crowded_s
    one = picture_with(1, case.folder / "pictures/one.png")
    many = picture_with(1000, case.folder / "pictures/many.png")
    alone = {"name": "one", "images": [str(one)], "share": 50}
    crowd = {"name": "many", "images": [str(many)], "share": rate}
    how = (
        "p99 of one-crop pictures at 50/s, Poisson, with and without pictures of 1,000 crops that "
        "bring 30 % load; the difference over gear 32's 12 ms; Detect, t(b) = 4 + 0.25 b ms, the "
        "other stages free, one device"
    )
    for suffix, mode in case.modes():
        p99 = {}
        seconds = 10 if suffix else 25
        with case.server(profile, mode) as server:
            for classes in ([alone], [alone, crowd]):
                scenario = write_scenario(case.folder / "scenario.json", classes)
                load = run_load(
                    server, "--method=detect", scenario, f"--duration={seconds}",
                    "--arrivals=poisson", f"--rate={sum(c['share'] for c in classes)}",
                    "--warmup=60",
                )  # fmt: skip
                times = [request.latency_ms for request in load.ok("one")]
                p99[len(classes)] = percentile(times, 0.99)
                say(f"fairness: {len(times)} pictures of one crop, p50 {percentile(times, 0.5):.1f}, "
                    f"p99 {p99[len(classes)]:.1f} ms; {len(load.ok('many'))} crowded ones, p50 "
                    f"{percentile([r.latency_ms for r in load.ok('many')], 0.5):.0f} ms; "
                    f"{load.report['errors']}")
        value = (p99[2] - p99[1]) / longest_ms
        case.add(f"sched.fairness{suffix}", value, "gears", "lower", 2, how)
