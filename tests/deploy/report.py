# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of operation: manifests, alerts, dashboards, image, the build for arm64.

usage: python -m tests.deploy.report --out build/deploy [--only k8s,alerts,dashboards,image,arm64] [--picture FILE.svg]
"""

from __future__ import annotations

import argparse
import pathlib
import statistics
import sys

from tests.deploy import alerts, arm64, container, dashboards, drawing, kubernetes_rules, rendering, schemas
from tests.deploy.monitored import monitored
from tests.eval.report import Report

STARTS = 5


def kubernetes(report: Report) -> None:
    """Needs deploy/bootstrap.sh --cluster: an operator's kind without a schema is not valid."""
    total, valid = 0, 0
    for name in rendering.overlay_names():
        objects = rendering.overlay(name)
        blamed = {found for found, _ in kubernetes_rules.findings(objects)}
        for found in objects:
            total += 1
            good = not list(schemas.errors(found)) and rendering.key(found) not in blamed and "set" not in blamed
            valid += good
    how = f"{total} objects of all overlays, strict schemas of Kubernetes {' and '.join(schemas.VERSIONS)} and of operators, {len(kubernetes_rules.RULES)} semantic rules"
    report.add("k8s.objects_valid", valid / total, "", "higher", 1.0, how)


def tested_alerts(report: Report) -> None:
    names = alerts.names()
    share = 0.0 if alerts.failures() else 1 - len(alerts.untested()) / len(names)
    how = f"{len(names)} alerts with a firing and a quiet case in promtool test rules; 0 if a case does not hold"
    report.add("alerts.tested", share, "", "higher", 1.0, how)


def live_dashboards(report: Report, picture: pathlib.Path | None) -> None:
    queries = dashboards.queries()
    with monitored() as seen:
        empty = [query.name for query in queries if not query.answer(seen.prometheus, seen.start, seen.end)]
        if picture:
            board = dashboards.load(dashboards.FOLDER / "overview.json")
            answers = {
                (panel["id"], target["refId"]): dashboards.Query(
                    "overview", panel["title"], target["refId"], target["expr"], target["legendFormat"]
                ).answer(seen.prometheus, seen.start, seen.end)
                for panel in board["panels"]
                for target in panel["targets"]
            }
            picture.write_text(drawing.draw(board, answers, (seen.start, seen.end)))
    for name in empty:
        print(f"no answer: {name}", file=sys.stderr)
    how = f"{len(queries)} queries of {len(dashboards.paths())} dashboards, Prometheus beside a server under load; an answer has a number in it"
    report.add("dashboards.queries_nonempty", 1 - len(empty) / len(queries), "", "higher", 1.0, how)


def image(report: Report) -> None:
    name = "omserve:hostacl"
    with container.mounted(name) as root:
        size = container.size_mb(root)
    check = container.config(name)["Healthcheck"]["Test"][1:]
    seconds = []
    for _ in range(STARTS):
        with container.running(name) as box:
            seconds.append(container.wait_until_healthy(box, check))
            box.stop()
    report.add("image.size_mb", size, "MB", "lower", 400, "files of the hostacl image, models included")
    how = f"container start to the first good health check, ViTDet and InternViT on one device; median of {STARTS}"
    report.add("image.cold_start_s", statistics.median(seconds), "s", "lower", 5, how)


def other_machine(report: Report) -> None:
    size = container.size_mb(arm64.IMAGE)
    report.add("image.arm64_size_mb", size, "MB", "lower", 400, "files of the hostacl image for arm64, models included")
    done = arm64.compare()
    if done.machine != "AArch64" or not done.detections:
        raise RuntimeError(f"nothing was compared: {done}")
    how = (
        f"largest difference of {done.detections} detections in {len(arm64.SCENES)} held-out scenes (score, box in pixels,"
        " share of a mask's pixels): the image for arm64 under qemu-user and the amd64 build, the same OM files"
    )
    report.add("arm64.smoke", done.difference, "", "lower", arm64.TOLERANCE, how)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=rendering.ROOT / "build/deploy")
    parser.add_argument("--only", default="k8s,alerts,dashboards,image,arm64")
    parser.add_argument("--picture", type=pathlib.Path)
    args = parser.parse_args()
    report = Report()
    parts = {
        "k8s": lambda: kubernetes(report),
        "alerts": lambda: tested_alerts(report),
        "dashboards": lambda: live_dashboards(report, args.picture),
        "image": lambda: image(report),
        "arm64": lambda: other_machine(report),
    }
    for name in args.only.split(","):
        parts[name]()
    report.write(args.out)
    return 1 if any(figure.meets() is False for figure in report.figures) else 0


if __name__ == "__main__":
    sys.exit(main())
