# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy of ReadText on rendered lines and pages, beside RapidOCR's on the same pictures."""

from __future__ import annotations

import concurrent.futures
import pathlib
import subprocess
import sys

from deploy.with_server import ROOT, Server
from tests.eval import rapidocr, text_boxes
from tests.eval.report import Report

sys.path.insert(0, str(ROOT / "client/python"))

from omserve import Client  # noqa: E402
from omserve.evaluate.line_sets import Line, read_label_file  # noqa: E402
from omserve.evaluate.read_run import read_all  # noqa: E402
from omserve.evaluate.text_metric import TextMetric  # noqa: E402

SEED = 2026
LEAST_IOU = 0.9


def make_pages(lines: int, pages: int, folder: pathlib.Path) -> None:
    """Renders the set into 'folder', once."""
    done = folder / f".{lines}-{pages}-{SEED}"
    if done.exists():
        return
    subprocess.run(
        [sys.executable, "-m", "models.ocr.make_pages", f"--lines={lines}", f"--pages={pages}"]
        + [f"--seed={SEED}", f"--out={folder}"],
        cwd=ROOT,
        check=True,
        timeout=1800,
    )
    done.touch()


def page_paths(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted((folder / "pages").glob("*.png"))


def evaluate_lines(client: Client, folder: pathlib.Path, report: Report) -> None:
    labels = read_label_file(folder / "lines.txt", folder)
    if labels.bad:
        raise RuntimeError(f"{len(labels.bad)} bad labels, first {labels.bad[0]}")
    lines: list[Line] = labels.lines
    readings = read_all(client, lines, orientation=False, min_score=0.0)
    failed = [f"{r.line.name}: {r.error}" for r in readings if r.error]
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(lines)} lines failed, first {failed[0]}")
    reference = rapidocr.read_lines([folder / line.name for line in lines])
    mine, theirs = TextMetric(), TextMetric()
    for reading, text in zip(readings, reference, strict=True):
        mine.add(reading.text, reading.line.text)
        theirs.add(text, reading.line.text)
    differ = [
        f"{r.line.name}\t{r.line.text}\t{r.text}\t{text}"
        for r, text in zip(readings, reference, strict=True)
        if r.text != text
    ]
    (folder / "lines_that_differ.txt").write_text(
        "\n".join(["name\ttruth\tomserve\tRapidOCR", *differ]) + "\n", encoding="utf-8"
    )
    equal = 1 - len(differ) / len(lines)
    on = f"{len(lines)} rendered lines, seed {SEED}"
    how = f"{on}, each alone in RapidOCR 1.4.4 (recognition at batch 1); precision origin"
    report.add("ocr.lines_equal_rapidocr", equal, "fraction", "higher", 0.995, how)
    how = f"PaddleOCR's RecMetric on {on}, via ReadText"
    report.add("ocr.acc", mine.acc, "fraction", "higher", None, how)
    report.add("ocr.norm_edit_dis", mine.norm_edit_dis, "fraction", "higher", None, how)
    how = f"RapidOCR 1.4.4 on the same {len(lines)} lines"
    report.add("ocr.rapidocr_acc", theirs.acc, "fraction", "higher", None, how)
    report.add("ocr.rapidocr_ned", theirs.norm_edit_dis, "fraction", "higher", None, how)
    how = f"difference on {on}, precision origin"
    acc = mine.acc - theirs.acc
    ned = mine.norm_edit_dis - theirs.norm_edit_dis
    report.add("ocr.acc_minus_rapidocr", acc, "fraction", "higher", -0.001, how)
    report.add("ocr.ned_minus_rapidocr", ned, "fraction", "higher", -0.001, how)


def evaluate_places(client: Client, folder: pathlib.Path, report: Report) -> None:
    paths = page_paths(folder)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda path: client.read_text(path, detect_only=True), paths))
    found = [[line.outline for line in answer.lines] for answer in answers]
    reference = rapidocr.find_places(paths)
    pairs = [text_boxes.matched(a, b, LEAST_IOU) for a, b in zip(found, reference, strict=True)]
    mine, theirs = sum(map(len, found)), sum(map(len, reference))
    for path, a, b, count in zip(paths, found, reference, pairs, strict=True):
        if count < max(len(a), len(b)):
            print(f"{path.name}: {len(a)} places, RapidOCR {len(b)}, {count} the same")
    value = sum(pairs) / max(mine, theirs, 1)  # the smaller of the two shares
    how = (
        f"{sum(pairs)} pairs with IoU >= {LEAST_IOU} of {mine} places and RapidOCR's {theirs} on "
        f"{len(paths)} rendered pages, seed {SEED}, over the larger number; precision origin"
    )
    report.add("ocr.boxes_equal_rapidocr", value, "fraction", "higher", 0.99, how)


def evaluate_ocr(
    server: Server, folder: pathlib.Path, lines: int, pages: int, report: Report
) -> None:
    make_pages(lines, pages, folder)
    with Client(server.address, deadline=120) as client:
        evaluate_lines(client, folder, report)
        evaluate_places(client, folder, report)
