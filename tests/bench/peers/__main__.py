# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""omserve beside other servers, in one run: report.json, peers.md and peers.svg.

usage: python -m tests.bench.peers --out build/peers [--only identity|vit] [--rounds 9]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import pathlib
import subprocess
import sys
from dataclasses import dataclass

from deploy.with_server import ROOT
from tests.bench.peers import identity, page, triton, vit
from tests.eval.report import Report

BARS = {"1k_c1": 1.05, "1k_c8": 1.2, "1k_c32": 1.2, "600k_c8": 1.0}
PROGRAMS = ("kserve_echo", "kserve_loop", "triton_identity")


def slug(name: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def report_identity(
    result: identity.Result, rounds: int, seconds: float, report: Report
) -> None:
    for case in identity.CASES:
        what = f"identity of {case.bytes} bytes, {case.in_flight} in flight on one connection"
        by_turns = f"median of {rounds} rounds of {seconds} s by turns"
        best = (
            f"{what}: requests/s over those of Triton 2.51 with a C++ backend that copies, at its best "
            f"of {len(triton.SETTINGS)} settings ({result.setting[case.name]}; tried: batching "
            f"off, dynamic without delay; 1, 2 instances; pool 8, 128), ratio within a round, {by_turns}"
        )
        ratio = result.ratio(identity.OMSERVE, identity.TRITON, case.name)
        report.add(
            f"kserve.vs_triton_{case.name}", ratio, "ratio", "higher", BARS.get(case.name), best
        )
        for server in result.servers():
            rate = result.median(server, case.name).requests_per_s
            report.add(
                f"peers.{slug(server)}_{case.name}", rate, "requests/s", "higher", None,
                f"{what}, {by_turns}; the servers in Python get two",
            )


@dataclass
class Run:
    """What was measured so far: whole rounds."""

    rounds: int
    seconds: float
    result: identity.Result
    vit: dict[str, float]


def write(run: Run, out: pathlib.Path) -> Report:
    """Report, tables and plot, of what there is."""
    report = Report()
    text = ""
    if run.result.seen:
        report_identity(run.result, run.rounds, run.seconds, report)
        text += page.identity_table(run.result, identity.CASES) + "\n"
        text += page.settings_table(run.result, identity.CASES) + "\n"
        page.plot(run.result, identity.CASES, out / "peers.svg")
    for name, rate in run.vit.items():
        how = "ViT-B/16, KServe v2, FP32 [1,3,224,224], 8 in flight, median of 3 rounds by turns"
        report.add(f"peers.vit_{slug(name)}", rate, "images/s", "higher", None, f"{name}: {how}")
    if run.vit:
        text += page.vit_table(run.vit)
    (out / "peers.md").write_text(text)
    report.write(out)
    return report


def keep(run: Run, out: pathlib.Path) -> None:
    """A run that is stopped later leaves this."""
    with contextlib.redirect_stdout(io.StringIO()):
        write(run, out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/peers")
    parser.add_argument("--only", choices=("identity", "vit"), help="one half of it")
    parser.add_argument("--rounds", type=int, default=9, help="of the identity")
    parser.add_argument("--seconds", type=float, default=1.2, help="of a round of the identity")
    parser.add_argument("--no-others", action="store_true", help="of the identity, Triton alone")
    args = parser.parse_args()
    out: pathlib.Path = args.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    subprocess.run(["deploy/build.sh", "release", *PROGRAMS], cwd=ROOT, check=True)
    run = Run(args.rounds, args.seconds, identity.Result(), {})

    def kept(result: identity.Result) -> None:
        run.result = result
        keep(run, out)

    def kept_vit(rates: dict[str, float]) -> None:
        run.vit = rates
        keep(run, out)

    if args.only != "vit":
        others = not args.no_others
        kept(
            identity.measure(
                out / "identity", identity.CASES, args.rounds, args.seconds, others, kept
            )
        )
    if args.only != "identity":
        vit.measure(out / "vit", 3, 6.0, kept_vit)
    report = write(run, out)
    failed = run.result.failed
    for line in failed:
        print(f"not measured: {line}", file=sys.stderr)
    return 0 if not failed and all(figure.meets() is not False for figure in report.figures) else 1


if __name__ == "__main__":
    sys.exit(main())
