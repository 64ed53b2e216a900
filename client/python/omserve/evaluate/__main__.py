# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of a running omserve on labelled data.

    python -m omserve.evaluate read --labels val_list.txt --data-dir train_data
    python -m omserve.evaluate read --lmdb data/evaluation

acc and norm_edit_dis are PaddleOCR's. Exit status: 0, 1 when a label or a line could not be used
(they are named, and the scores are of the others), 2 for a wrong command line or data set.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import pathlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from omserve.client import Client
from omserve.evaluate.line_sets import DataError, LineSet, read_label_file, read_lmdb
from omserve.evaluate.read_run import Reading, read_all
from omserve.evaluate.text_metric import TextMetric

SHOWN = 20  # bad labels and failures that are printed one by one


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="omserve.evaluate", description=__doc__.splitlines()[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    read = kinds.add_parser("read", help="acc and norm_edit_dis of text recognition")
    data = read.add_argument_group("data, one of")
    data.add_argument("--labels", type=pathlib.Path, action="append", default=[], metavar="FILE",
                      help="SimpleDataSet's label file; may be given several times")
    data.add_argument("--lmdb", type=pathlib.Path, metavar="DIR", help="LMDBDataSet's folder")
    read.add_argument("--data-dir", type=pathlib.Path, metavar="DIR",
                      help="what the label file's paths start from; its own folder if absent")
    read.add_argument("--server", help="host:port; OMSERVE_SERVER, or 127.0.0.1:8500, if absent")
    read.add_argument("--model", default="", help="needed when several pipelines read text")
    read.add_argument("--limit", type=_positive, metavar="N", help="the first N lines only")
    read.add_argument("--alphanumeric", action="store_true",
                      help="count ASCII letters and digits only, without case (is_filter)")
    read.add_argument("--orientation", action="store_true", help="turn lines that stand on their head")
    read.add_argument("--per-request", type=_positive, default=16, metavar="N")
    read.add_argument("--in-flight", type=_positive, default=4, metavar="N")
    read.add_argument("--deadline", type=float, default=60, metavar="SECONDS")
    read.add_argument("--mistakes", type=int, default=0, metavar="N", help="print N lines read wrong")
    read.add_argument("--json", action="store_true", help="one document, each line with its text")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not at least 1")
    return value


def _load(args: argparse.Namespace) -> LineSet:
    if bool(args.labels) == bool(args.lmdb):
        raise DataError("give either --labels or --lmdb")
    if args.lmdb:
        found = read_lmdb(args.lmdb)
    else:
        found = LineSet()
        for labels in args.labels:
            part = read_label_file(labels, args.data_dir or labels.parent)
            found.lines += part.lines
            found.bad += part.bad
    if not found.lines:
        first = f", first {found.bad[0]}" if found.bad else ""
        raise DataError(f"no label can be used ({len(found.bad)} bad{first})")
    found.lines = found.lines[: args.limit]
    return found


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[int], object]]:
    """A bar on a terminal's stderr, where tqdm is installed."""
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:
        yield lambda count: None
        return
    with tqdm(total=total, unit="line", disable=None) as bar:
        yield bar.update


def _complain(title: str, sentences: Sequence[str]) -> None:
    if not sentences:
        return
    print(f"{title}: {len(sentences)}", file=sys.stderr)
    for sentence in sentences[:SHOWN]:
        print(f"  {sentence}", file=sys.stderr)
    if len(sentences) > SHOWN:
        print(f"  and {len(sentences) - SHOWN} more", file=sys.stderr)


def evaluate_read(args: argparse.Namespace) -> int:
    data = _load(args)
    start = time.monotonic()
    with Client(args.server, deadline=args.deadline) as client, _progress(len(data.lines)) as bar:
        readings = read_all(
            client, data.lines, per_request=args.per_request, in_flight=args.in_flight,
            progress=bar, model=args.model, orientation=args.orientation, min_score=0.0,
        )
    seconds = time.monotonic() - start
    metric = TextMetric(alphanumeric=args.alphanumeric)
    right = [not r.error and metric.add(r.text, r.line.text) for r in readings]
    failed = [f"{r.line.name}: {r.error}" for r in readings if r.error]
    _complain("labels that cannot be used", data.bad)
    _complain("lines that could not be read", failed)
    scores = {
        "acc": metric.acc, "norm_edit_dis": metric.norm_edit_dis, "lines": metric.lines,
        "exact": metric.exact, "failed": len(failed), "bad_labels": len(data.bad),
        "seconds": seconds, "lines_per_s": len(readings) / seconds,
    }
    if args.json:
        lines = [_line_json(r, ok) for r, ok in zip(readings, right)]
        document = {**scores, "bad": data.bad, "readings": lines}
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        _print_table(scores, readings, right, args.mistakes)
    return 1 if failed or data.bad else 0


def _line_json(reading: Reading, right: bool) -> dict:
    return {
        "name": reading.line.name, "truth": reading.line.text, "text": reading.text,
        "score": reading.score, "right": right, "error": reading.error or None,
    }


def _print_table(
    scores: dict[str, float], readings: Sequence[Reading], right: Sequence[bool], mistakes: int
) -> None:
    wrong = [r for r, ok in zip(readings, right) if not ok and not r.error]
    for reading in wrong[:mistakes]:
        print(f"{reading.line.name}\n  truth {reading.line.text}\n  read  {reading.text}")
    for name, value in scores.items():
        print(f"{name:14} {value:.6f}" if isinstance(value, float) else f"{name:14} {value}")


def main(argv: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    try:
        return evaluate_read(args)
    except (DataError, ValueError) as error:
        print(f"omserve.evaluate: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
