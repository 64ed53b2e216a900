# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Embeds all pictures of a folder with several servers. Run it again to go on where it was stopped.

usage: python -m omserve.offline --pictures FOLDER --out FOLDER --servers HOST:PORT,... [options]

Exit status: 0 when every picture has its row, 1 when the run could not end, 2 for a wrong command line.
"""

from __future__ import annotations

import argparse
import json
import logging
import pathlib
import re
import sys
import time

from omserve.offline.job import Job, JobError, open_job, remove_unfinished


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m omserve.offline", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--pictures", type=pathlib.Path, required=True, help="folder, with all below")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the job")
    parser.add_argument("--servers", required=True, help="host:port, with commas between")
    parser.add_argument("--model", default="", help="of Embed; the servers' only one if left out")
    parser.add_argument("--feature", default="cls", help="cls, mean, cls_mean or all_tokens")
    parser.add_argument("--part-size", type=int, default=256, help="pictures of a Parquet file")
    parser.add_argument("--actors", type=int, default=2, help="processes of Ray")
    parser.add_argument("--in-flight", type=int, default=16, help="requests of an actor")
    parser.add_argument("--patience", type=float, default=60.0,
                        help="seconds that a picture may find no server")
    parser.add_argument("--ray-address", help="of a running cluster; one is started here if left out")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    args = parser.parse_args()
    for name in ("part_size", "actors", "in_flight", "patience"):
        if not getattr(args, name) > 0:
            parser.error(f"--{name.replace('_', '-')} is {getattr(args, name)}; give more than 0")
    args.servers = [server for server in args.servers.split(",") if server]
    if not args.servers:
        parser.error("--servers: give at least one host:port")
    return args


def work(job: Job, args: argparse.Namespace) -> dict:
    """Does what is missing; the summary."""
    missing = job.missing()
    total = sum(len(part.pictures) for part in job.parts)
    left = sum(len(part.pictures) for part in missing)
    print(
        f"{total} pictures in {len(job.parts)} parts; {len(job.parts) - len(missing)} parts are done",
        file=sys.stderr,
    )
    summary = {"pictures": total, "embedded": 0, "unreadable": 0, "failed_calls": 0, "seconds": 0.0}
    if missing:
        import ray  # takes seconds, and is not needed where all is done

        from omserve.offline.embed import run

        options = {"address": args.ray_address} if args.ray_address else {
            "num_cpus": args.actors + 1, "include_dashboard": False
        }
        ray.init(logging_level="error", log_to_driver=False, **options)
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        ray.data.DataContext.get_current().enable_progress_bars = False
        begin = first = time.monotonic()
        for row in run(job, missing, args.servers, args.actors, args.in_flight, args.patience):
            if summary["embedded"] == 0:
                first = time.monotonic() - row["seconds"]  # Ray was still starting before that
            summary["embedded"] += row["pictures"]
            for key in ("unreadable", "failed_calls"):
                summary[key] += row[key]
            print(f"\r{total - left + summary['embedded']} of {total}", end="", file=sys.stderr)
        print(file=sys.stderr)
        end = time.monotonic()
        summary["seconds"] = end - max(begin, first)
        summary["start_seconds"] = max(begin, first) - begin
        summary["images_per_s"] = summary["embedded"] / summary["seconds"]
        ray.shutdown()
    still = job.missing()
    if still:
        raise RuntimeError(f"{len(still)} parts are missing, the first is {still[0].number}")
    return summary


def reason(error: Exception) -> str:
    """The line of what was raised first; Ray puts tracebacks and advice around it."""
    named = re.findall(r"^(?:[\w.]*\.)?(\w+(?:Error|Exception): .+)$", str(error), re.MULTILINE)
    ours = [line for line in named if line.startswith("NoServerError")]
    lines = ours or named or str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1]


def main() -> int:
    args = parse()
    try:
        options = {"model": args.model, "feature": args.feature}
        job = open_job(args.out, args.pictures, options, args.part_size)
    except JobError as error:
        print(f"omserve.offline: {error}", file=sys.stderr)
        return 2
    remove_unfinished(job.folder)
    try:
        summary = work(job, args)
    except Exception as error:  # Ray wraps what its actors raise in types of its own
        print(
            f"\nomserve.offline: {reason(error)}\nwhat is done stays done: the same command goes on",
            file=sys.stderr,
        )
        return 1
    if args.json:
        print(json.dumps(summary))
    elif summary["embedded"]:
        print(
            f"{summary['embedded']} pictures in {summary['seconds']:.1f} s: "
            f"{summary['images_per_s']:.1f} images/s; {summary['unreadable']} unreadable, "
            f"{summary['failed_calls']} calls tried again"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
