# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Speed and steadiness of the running server.

usage: python -m tests.bench.bench --out build/bench [--only NAME,...] [--soak-requests 20000]
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from deploy.with_server import ROOT, Server, running_server
from tests.bench import kserve, loadtest, python_host, sched, vit
from tests.eval.eval import ask, make_data, pictures_in
from tests.eval.report import Report

BUILD, MODELS = ROOT / "build/release", ROOT / "build/models"
PROFILE = {"HOSTACL_PROFILE": str(ROOT / "hostacl/profiles/bench-vitdet.json")}
# Two devices, stage times of the staged ViTDet report divided by 10, one picture a batch.
IDEAL_IMAGES_PER_S = 2 / 0.0303714
# Figures of operation, and what sets them up.
DEPLOY_NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "k8s": (("deploy/bootstrap.sh", "--kinds"),),
    "alerts": (("deploy/bootstrap.sh", "--operations"),),
    "dashboards": (("deploy/bootstrap.sh", "--operations"), ("/usr/bin/python3", "client/python/generate.py")),
    "image": (("deploy/bootstrap.sh", "--image"), ("deploy/image/build.sh",)),
}


def load(server: Server, folder: pathlib.Path, requests: int, in_flight: int, warmup: int) -> dict:
    """omserve-loadtest's JSON for a closed loop of Detect."""
    run = subprocess.run(
        [str(BUILD / "bin/omserve-loadtest"), f"--server={server.address}", "--method=detect"]
        + [f"--in-flight={in_flight}", f"--requests={requests}", f"--warmup={warmup}"]
        + [f"--images={folder}", "--json"],
        stdout=subprocess.PIPE,
        check=True,
        timeout=3600,
    )
    return json.loads(run.stdout)


def rss_mib(pid: int) -> float:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no VmRSS for {pid}")


def bench_of_ideal(folder: pathlib.Path, out: pathlib.Path, report: Report) -> None:
    with running_server(BUILD, MODELS, 2, PROFILE, out / "of_ideal.log") as server:
        load(server, folder, 400, 8, 0)  # fills the replay memory
        runs = [load(server, folder, 1000, 8, 100)["requests_per_s"] for _ in range(3)]
    how = (
        "8 in flight, two profiled devices (stage times of the staged ViTDet report / 10, replayed "
        "answers), median of 3 runs of 1,000 requests, over 2 / 0.0303714 s"
    )
    rate = statistics.median(runs)
    report.add("detect.images_per_s", rate, "images/s", "higher", None, how)
    report.add("detect.of_ideal", rate / IDEAL_IMAGES_PER_S, "ratio", "higher", 0.95, how)


def bench_host(folder: pathlib.Path, out: pathlib.Path, report: Report) -> None:
    pictures = pictures_in(folder)[:50]
    options = ["detect", "--score-threshold=0.3", "--mask=rle", "--dedup=none", "--in-flight=1"]
    server_ms: list[float] = []
    python_ms: list[float] = []
    steps = python_host.Steps(pictures)
    with running_server(BUILD, MODELS, 1, PROFILE, out / "host.log", host_threads=1) as server:
        ask(server, options, pictures)
        for _ in range(5):
            answers = ask(server, options, pictures)
            server_ms.append(
                statistics.mean(
                    sum(stage["host_ms"] for stage in answer["timing"]["stages"])
                    for answer in answers
                )
            )
            python_ms.append(steps.mean_ms())
    how = (
        "sum of the host steps of StageTiming (decode to answer) over the same steps in cv2 + NumPy "
        "+ torchvision on one thread; 50 scenes, 5 alternating rounds, median; one request in flight"
    )
    mine, theirs = statistics.median(server_ms), statistics.median(python_ms)
    report.add("detect.host_ms", mine, "ms", "lower", None, how)
    report.add("detect.python_host_ms", theirs, "ms", "lower", None, how)
    report.add("detect.host_vs_python", mine / theirs, "ratio", "lower", 0.33, how)


# Pools and the allocator keep the most that was ever needed at once; rare coincidences of eight
# requests in flight still raise that after some thousands of requests. Growth after this many is a leak.
SOAK_WARMUP = 25000


def bench_soak(folder: pathlib.Path, out: pathlib.Path, requests: int, report: Report) -> None:
    profile = json.loads(pathlib.Path(PROFILE["HOSTACL_PROFILE"]).read_text())
    profile["models"] = {
        name: {gear: 0.1 for gear in gears} for name, gears in profile["models"].items()
    }
    fast = out / "soak-profile.json"
    fast.write_text(json.dumps(profile))
    env = {"HOSTACL_PROFILE": str(fast)}
    with running_server(BUILD, MODELS, 2, env, out / "soak.log") as server:
        load(server, folder, SOAK_WARMUP, 8, 0)
        before = rss_mib(server.process.pid)
        load(server, folder, requests, 8, 0)
        after = rss_mib(server.process.pid)
    how = f"VmRSS after {requests} Detect requests, 8 in flight, less after {SOAK_WARMUP} warm-up requests"
    report.add("serve.rss_growth_mib", after - before, "MiB", "lower", 5, how)


# Bars of hostacl's own figures: better, reference.
HOSTACL_BARS = {
    "hostacl.vs_engine": ("higher", 0.98),
    "hostacl.execute_overhead_us": ("lower", 20),
    "hostacl.second_load_ratio": ("lower", 0.10),
    "hostacl.profile_error": ("lower", 0.01),
    "hostacl.profile_late_us": ("lower", 100),
    "hostacl.load_ms": ("lower", 1000),
}


def bench_hostacl(out: pathlib.Path, report: Report) -> None:
    """The ACL library alone, by a program that speaks its C interface."""
    subprocess.run(["deploy/build.sh", "release", "hostacl_bench"], cwd=ROOT, check=True)
    figures = out / "hostacl.json"
    subprocess.run(
        [str(BUILD / "bin/hostacl_bench"), "--out", str(figures), "--folder", str(out)],
        cwd=ROOT,
        check=True,
        timeout=1800,
        stdout=subprocess.DEVNULL,
    )
    for figure in json.loads(figures.read_text()):
        faster = "higher" if figure["unit"].endswith("/s") else "lower"
        better, bar = HOSTACL_BARS.get(figure["name"], (faster, None))
        if figure["name"].startswith("hostacl.vs_engine"):
            better = "higher"
        report.add(figure["name"], figure["value"], figure["unit"], better, bar, figure["how"])


def bench_ocr(out: pathlib.Path, report: Report) -> None:
    from tests.bench import ocr  # RapidOCR takes a second to import

    ocr.bench_ocr(out, report)


def bench_deploy(part: str, out: pathlib.Path, report: Report) -> None:
    """Figures of tests/deploy/report.py."""
    folder = out / f"deploy_{part}"
    for command in DEPLOY_NEEDS[part]:
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, timeout=1800, check=True)
    subprocess.run(
        ["/usr/bin/python3", "-m", "tests.deploy.report", f"--only={part}", f"--out={folder}"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'client/python'}:{ROOT}"},
        stdout=subprocess.DEVNULL,
        timeout=900,
        check=False,  # a missed bar is a figure, too
    )
    for figure in json.loads((folder / "report.json").read_text()):
        report.add(*(figure[key] for key in ("name", "value", "unit", "better", "reference", "how")))


def parts(args: argparse.Namespace, report: Report) -> dict[str, Callable[[], None]]:
    """What there is to measure, by name, in order."""
    out: pathlib.Path = args.out
    folder = out / "scenes"

    def with_scenes(measure: Callable[..., None], *more: object) -> Callable[[], None]:
        def run() -> None:
            make_data("scenes", 64, folder)
            measure(folder, out, *more)

        return run

    named: dict[str, Callable[[], None]] = {
        "hostacl": lambda: bench_hostacl(out, report),
        "detect.of_ideal": with_scenes(bench_of_ideal, report),
        "detect.host": with_scenes(bench_host, report),
        "serve.soak": with_scenes(bench_soak, args.soak_requests, report),
    }
    named["kserve.overhead"] = lambda: kserve.bench_overhead(out, report, 15, 1.0)
    named["kserve.kinds"] = lambda: kserve.bench_kinds(out, report, 3, 1.0)
    named["kserve.perf_analyzer"] = lambda: kserve.bench_perf_analyzer(out, report)
    named["loadtest.truth"] = lambda: loadtest.bench_truth(out, report)
    named["loadtest.overhead"] = lambda: loadtest.bench_overhead(report)
    for part in DEPLOY_NEEDS:
        named[part] = functools.partial(bench_deploy, part, out, report)
    named["vit"] = lambda: vit.bench_vit(out, report, 7, 10.0)
    named["ocr"] = lambda: bench_ocr(out, report)
    for name in sched.CASES:
        named[name] = functools.partial(sched.bench_sched, name, out, report, not args.no_plain)
    return named


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/bench")
    parser.add_argument("--soak-requests", type=int, default=20000)
    parser.add_argument(
        "--only",
        default="",
        help="names, or beginnings of names, with commas between: hostacl,sched.crops; "
        "the report then holds these alone",
    )
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("--no-plain", action="store_true", help="leave out the plain mode's figures")
    args = parser.parse_args()
    args.out = args.out.absolute()
    report = Report()
    named = parts(args, report)
    if args.list:
        print("\n".join(named))
        return 0
    wanted = [word for word in args.only.split(",") if word]
    for word in wanted:
        if not any(name.startswith(word) for name in named):
            parser.error(f"--only: nothing is called {word}; there are: {', '.join(named)}")
    args.out.mkdir(parents=True, exist_ok=True)
    failed = []
    for name, measure in named.items():
        if wanted and not name.startswith(tuple(wanted)):
            continue
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
        try:
            measure()
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            # The others are measured all the same; the missing figure fails the run.
            print(f"{name}: {error}", file=sys.stderr, flush=True)
            failed.append(name)
    report.write(args.out)
    for name in failed:
        print(f"not measured: {name}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
