# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Labelled lines of text in PaddleOCR's two forms, SimpleDataSet and LMDBDataSet."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from dataclasses import dataclass, field


class DataError(Exception):
    """The data set cannot be read at all."""


@dataclass(frozen=True)
class Line:
    """One line of text: where it lies, its picture (a path, or the bytes of a file) and its text."""

    name: str
    picture: pathlib.Path | bytes
    text: str


@dataclass
class LineSet:
    """What could be used, and one sentence for each entry that could not, naming it."""

    lines: list[Line] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)


def read_label_file(labels: pathlib.Path, data_dir: pathlib.Path) -> LineSet:
    """SimpleDataSet: one picture a line, 'path<TAB>text', the path relative to 'data_dir'.

    The text keeps its spaces. DataError when the file cannot be read.
    """
    try:
        data = labels.read_bytes()
    except OSError as error:
        raise DataError(f"{labels}: {error.strerror}; give SimpleDataSet's label file") from error
    found = LineSet()
    for number, raw in enumerate(data.split(b"\n"), 1):
        raw = raw.rstrip(b"\r")
        if not raw.strip():
            continue
        try:
            _add_label(found, raw.decode("utf-8-sig" if number == 1 else "utf-8"), data_dir)
        except (UnicodeDecodeError, ValueError) as error:
            what = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            found.bad.append(f"{labels}:{number}: {what}")
    return found


def _add_label(found: LineSet, line: str, data_dir: pathlib.Path) -> None:
    name, tab, text = line.partition("\t")
    if not tab:
        raise ValueError("has no tab between path and text")
    if "\t" in text:
        raise ValueError("has more than one tab; a label is 'path<TAB>text'")
    if name.startswith("["):
        raise ValueError("lists several pictures, which are of training only; leave one")
    if not name.strip():
        raise ValueError("has no path before the tab")
    path = data_dir / name
    if not path.is_file():
        raise ValueError(f"names {path}, which is not there; is --data-dir right?")
    found.lines.append(Line(name, path, text))


def read_lmdb(folder: pathlib.Path) -> LineSet:
    """LMDBDataSet: every environment (data.mdb) in or below 'folder', in the order of the paths.

    Keys are num-samples, image-%09d and label-%09d, counted from 1. DataError when there is none,
    or when one is broken.
    """
    found = LineSet()
    folders = sorted(path.parent for path in folder.rglob("data.mdb"))
    if not folders:
        raise DataError(f"{folder}: no data.mdb in it or below; give the folder of an LMDBDataSet")
    for environment in folders:
        for item in _read_environment(environment):
            if isinstance(item, Line):
                found.lines.append(item)
            else:
                found.bad.append(item)
    return found


def _read_environment(folder: pathlib.Path) -> Iterator[Line | str]:
    try:
        import lmdb
    except ModuleNotFoundError as error:
        raise DataError("LMDB data needs the Python package lmdb: pip install lmdb") from error
    try:
        with lmdb.open(
            str(folder), readonly=True, lock=False, readahead=False, meminit=False
        ) as environment, environment.begin() as transaction:
            count = transaction.get(b"num-samples")
            if count is None or not count.isdigit():
                raise DataError(f"{folder}: the key num-samples is missing or no number")
            for index in range(1, int(count) + 1):
                name = f"{folder.name}:{index:09d}"
                picture = transaction.get(b"image-%09d" % index)
                label = transaction.get(b"label-%09d" % index)
                if picture is None or label is None:
                    missing = "image" if picture is None else "label"
                    yield f"{folder}: the key {missing}-{index:09d} is missing"
                    continue
                try:
                    yield Line(name, bytes(picture), bytes(label).decode("utf-8"))
                except UnicodeDecodeError:
                    yield f"{folder}: label-{index:09d} is not UTF-8"
    except lmdb.Error as error:
        raise DataError(f"{folder}: {error}; is this an LMDB environment?") from error
