# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What becomes of the requests of a server when one of its four devices dies under them."""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import time
from dataclasses import dataclass

from deploy.with_server import ROOT, running_server
from tests.bench.load import run_load
from tests.bench.sched_case import Case, say
from tests.bench.sched_models import embed_model, write_profile
from tests.bench.sched_throughput import RAW

KILLS = 100
AT_ONCE = 4  # servers; each is idle most of the time
DEVICES = 4
GEAR, GEAR_MS = 16, 100.0
RATE = 0.6 * DEVICES * GEAR / GEAR_MS * 1e3  # 60 % load
KILL_AFTER_MS = 2500  # of the server's life
AFTER_KILL_S = 1.0
TASKS = ("execute", "any", "copy")  # what the device is at when it dies, by turns


@dataclass(frozen=True)
class Kill:
    in_flight: int  # when the device died
    answered: int
    lost: int  # accepted, but without an answer or with an error
    refused: int
    codes: dict


def kill_one(number: int, folder: pathlib.Path, models: pathlib.Path, profile: pathlib.Path,
             config: str) -> Kill:  # fmt: skip
    """Runs one server from its start over the death of a device to its end."""
    folder.mkdir(parents=True, exist_ok=True)
    faults = folder / "faults.json"
    # A little later every time, so that it hits the batches at another place.
    at_ms = KILL_AFTER_MS + number % 10 * 11
    rule = {"device": number % DEVICES, "task": TASKS[number % 3], "from_ms": at_ms, "lost": True}
    faults.write_text(json.dumps({"rules": [rule]}))
    env = {"HOSTACL_PROFILE": str(profile), "HOSTACL_FAULTS": str(faults)}
    log = folder / "server.log"
    born = time.monotonic()
    with running_server(ROOT / "build/release", models, DEVICES, env, log, config_text=config) as server:
        left = at_ms / 1e3 - (time.monotonic() - born)
        if left < 0.5:
            raise RuntimeError(f"the server took too long to start; see {log}")
        load = run_load(
            server, *RAW, f"--rate={RATE}", "--arrivals=poisson", f"--seed={number + 1}",
            f"--duration={left + AFTER_KILL_S}", "--deadline-ms=20000",
        )  # fmt: skip
    died = (born + at_ms / 1e3) * 1e6
    codes: dict[str, int] = load.report["errors"]
    refused = codes.get("RESOURCE_EXHAUSTED", 0)
    asked = load.report["requests"]
    text = log.read_text()
    if "507901" not in text and "lost" not in text and "failed" not in text:
        raise RuntimeError(f"no device died; see {log}")
    return Kill(
        in_flight=sum(r.sent < died < r.ended for r in load.requests),
        answered=load.report["ok"],
        lost=asked - load.report["ok"] - refused,
        refused=refused,
        codes=codes,
    )


def failover(case: Case) -> None:
    models = case.folder / "models"
    embed_model(models, [1, 4, 8, GEAR])
    profile = write_profile(
        case.folder / "profile.json",
        {"internvit": {str(b): GEAR_MS - 2 * (GEAR - b) for b in (1, 4, 8, GEAR)}},
    )
    config = case.config()
    with case.server(profile, "", DEVICES):
        pass  # fills the table of gear times
    kills: list[Kill] = []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = [
            pool.submit(kill_one, i, case.folder / f"kill{i:03d}", models, profile, config)
            for i in range(KILLS)
        ]
        for run in concurrent.futures.as_completed(runs):
            kills.append(run.result())
            if kills[-1].lost:
                say(f"failover: lost {kills[-1].lost}: {kills[-1].codes}")
            if len(kills) % 20 == 0:
                say(f"failover: {len(kills)} kills, {sum(k.lost for k in kills)} lost")
    least = min(kill.in_flight for kill in kills)
    how = (
        f"requests with an error or without an answer, of {sum(k.answered for k in kills)} in {KILLS} "
        f"runs in which one of 4 devices died at 60 % Poisson load; {least} to "
        f"{max(k.in_flight for k in kills)} in flight then; {sum(k.refused for k in kills)} more were "
        "refused with RESOURCE_EXHAUSTED"
    )
    lost = float(sum(kill.lost for kill in kills))
    if sum(kill.in_flight >= 32 for kill in kills) < KILLS * 0.95:
        say("failover: fewer than 32 in flight in more than 5 % of the kills")
    case.add("failover.lost", lost, "requests", "lower", 0, how)
