# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Speed of ReadText beside RapidOCR's Python pipeline, and what its batches waste."""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from deploy.with_server import ROOT, Server, running_server
from tests.bench.padding import LEAST_WIDTH, needed_width, recognised_columns
from tests.bench.text_map import text_map
from tests.eval import rapidocr
from tests.eval.ocr import make_pages, page_paths
from tests.eval.report import Report

sys.path.insert(0, str(ROOT / "client/python"))

from omserve import Client  # noqa: E402

BUILD, MODELS = ROOT / "build/release", ROOT / "build/models_ocr"
IN_FLIGHT = 8
DEVICES = 2  # one thread each, as many as RapidOCR's engine takes on two cores
ROUNDS = 3  # of a third of the pages each, server and RapidOCR by turns


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def bench_pages(client: Client, pages: Sequence[pathlib.Path], report: Report) -> None:
    """Pages a second of both, by turns."""
    ocr = rapidocr.engine()
    mine = theirs = 0.0
    with concurrent.futures.ThreadPoolExecutor(IN_FLIGHT) as pool:
        ask = lambda path: client.read_text(path, min_score=0.0)  # noqa: E731
        list(pool.map(ask, pages[:IN_FLIGHT]))  # both have run once before they are timed
        ocr(str(pages[0]))
        for start in range(ROUNDS):
            part = pages[start::ROUNDS]
            mine += _seconds(lambda: list(pool.map(ask, part)))
            theirs += _seconds(lambda: [ocr(str(path)) for path in part])
    count = len(pages)
    how = (
        f"{count} rendered pages (PNG), detection to text with orientation, {IN_FLIGHT} in flight, "
        f"{DEVICES} devices of one thread, by turns with RapidOCR 1.4.4 with its defaults, on the "
        "same two cores"
    )
    report.add("ocr.pages_per_s", count / mine, "pages/s", "higher", None, how)
    report.add("ocr.rapidocr_pages_per_s", count / theirs, "pages/s", "higher", None, how)
    report.add("ocr.pages_vs_rapidocr", theirs / mine, "ratio", "higher", 2, how)


def _metrics(server: Server) -> str:
    url = f"http://127.0.0.1:{server.ports['metrics']}/metrics"
    with urllib.request.urlopen(url, timeout=10) as page:
        return page.read().decode()


def bench_text_boxes(out: pathlib.Path, report: Report) -> None:
    """The post-processing of one map: the server's, in a program of its own, over RapidOCR's."""
    subprocess.run(["deploy/build.sh", "release", "text_boxes_bench"], cwd=ROOT, check=True)
    path = out / "text_map.npy"
    array = text_map()
    np.save(path, array)
    post = rapidocr.engine().text_det.postprocess_op
    cv2.setNumThreads(1)
    boxes = 0
    mine, theirs = [], []
    for _ in range(5):
        run = subprocess.run(
            [str(BUILD / "bin/text_boxes_bench"), str(path), "--rounds", "20"],
            stdout=subprocess.PIPE,
            check=True,
            timeout=300,
        )
        answer = json.loads(run.stdout)
        mine.append(answer["ms"])
        for _ in range(5):
            start = time.perf_counter()
            boxes = len(post(array[None, None], array.shape)[0])
            theirs.append((time.perf_counter() - start) * 1e3)
    if answer["boxes"] != boxes:
        raise RuntimeError(f"text_boxes_bench found {answer['boxes']} places, RapidOCR {boxes}")
    ms, python_ms = statistics.median(mine), statistics.median(theirs)
    how = f"a 960 x 960 map with {boxes} places, one thread each, by turns, medians of 5 rounds"
    report.add("ocr.db_postprocess_ms", ms, "ms", "lower", None, how)
    report.add("ocr.rapidocr_db_postprocess_ms", python_ms, "ms", "lower", None, how)
    report.add("ocr.db_postprocess_vs_rapidocr", python_ms / ms, "ratio", "higher", 5, how)


def bench_ocr(out: pathlib.Path, report: Report) -> None:
    folder = out / "ocr"
    make_pages(0, 60, folder)
    pages = page_paths(folder)
    with running_server(BUILD, MODELS, DEVICES, log=out / "ocr.log") as server:
        with Client(server.address, deadline=300) as client:
            bench_pages(client, pages, report)
            before = recognised_columns(_metrics(server))
            with concurrent.futures.ThreadPoolExecutor(IN_FLIGHT) as pool:
                answers = list(
                    pool.map(lambda path: client.read_text(path, min_score=0.0), pages)
                )
            computed = recognised_columns(_metrics(server)) - before
    useful = sum(needed_width(line.outline) for answer in answers for line in answer.lines)
    if computed <= 0:
        raise RuntimeError("the metrics count no recognised line; are the stages named rec_<width>?")
    how = (
        f"1 - {useful} columns needed (each crop's, at least {LEAST_WIDTH}) / {computed} computed, "
        f"empty rows of batches included; {len(pages)} pages, {IN_FLIGHT} in flight"
    )
    report.add("ocr.padding_waste", 1 - useful / computed, "fraction", "lower", 0.15, how)
    bench_text_boxes(out, report)
