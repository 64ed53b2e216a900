# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What there is to do and what is done, as files, so that a run can end at any moment and go on later.

A job is a folder: `job.json`, written once, lists the pictures and how they are embedded; the pictures
are cut into parts, and `part-NNNNNN.parquet` is there as soon as that part is whole. A picture is in one
part, and a part appears by a rename: nothing can be there twice, and nothing half.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Union

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_DESCRIPTION = "job.json"
_TEMPORARY = ".unfinished"


class JobError(Exception):
    """A folder that is no job, or the job of something else; says what to do."""


@dataclass(frozen=True)
class Part:
    number: int
    pictures: tuple[str, ...]  # paths below the job's root


@dataclass(frozen=True)
class Job:
    folder: pathlib.Path
    root: pathlib.Path  # of the pictures
    options: dict[str, Any]  # of every Embed
    parts: tuple[Part, ...]

    def path(self, number: int) -> pathlib.Path:
        return self.folder / f"part-{number:06}.parquet"

    def missing(self) -> list[Part]:
        """The parts that are not there yet, in order."""
        return [part for part in self.parts if not self.path(part.number).exists()]


def find_pictures(root: pathlib.Path) -> list[str]:
    """Files below 'root' that are named as pictures are, sorted; symbolic links are followed for files."""
    found = (
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    return sorted(found)


def open_job(
    folder: Union[str, "os.PathLike[str]"],
    root: Union[str, "os.PathLike[str]"],
    options: dict[str, Any],
    part_size: int = 256,
    pictures: Callable[[pathlib.Path], Iterable[str]] = find_pictures,
) -> Job:
    """The job in 'folder', new or to be gone on with.

    What was begun stays as it was: its list of pictures and its parts are those of the first run, and
    'part_size' and pictures that came later have no effect. JobError when the folder belongs to other
    pictures or options, holds something else, or there is no picture.
    """
    if part_size < 1:
        raise ValueError(f"part_size is {part_size}; give 1 or more")
    folder, root = pathlib.Path(folder), pathlib.Path(root).absolute()
    description = folder / _DESCRIPTION
    if not description.exists():
        if folder.exists() and any(folder.iterdir()):
            raise JobError(f"{folder} is not empty and has no {_DESCRIPTION}: give another folder")
        names = list(pictures(root))
        if not names:
            raise JobError(f"{root}: no picture ({', '.join(SUFFIXES)}) below it")
        if len(set(names)) != len(names):
            raise JobError(f"{root}: a picture is listed twice")
        folder.mkdir(parents=True, exist_ok=True)
        content = {"root": str(root), "options": options, "part_size": part_size, "pictures": names}
        write_whole(description, lambda path: path.write_text(json.dumps(content)))
    else:
        content = _read(description)
    _check(content, folder, root, options)
    names, size = content["pictures"], content["part_size"]
    starts = range(0, len(names), size)
    parts = tuple(Part(i, tuple(names[at : at + size])) for i, at in enumerate(starts))
    return Job(folder.absolute(), root, options, parts)


def _read(description: pathlib.Path) -> dict[str, Any]:
    try:
        content = json.loads(description.read_text())
        if {"root", "options", "part_size", "pictures"} <= set(content):
            return content
    except (ValueError, TypeError):
        pass
    raise JobError(f"{description} is not the description of a job: give another folder")


def _check(
    content: dict[str, Any], folder: pathlib.Path, root: pathlib.Path, options: dict[str, Any]
) -> None:
    for name, was, now in (
        ("pictures", content["root"], str(root)),
        ("options", content["options"], options),
    ):
        if was != now:
            raise JobError(f"{folder} was begun with {name} {was}, not {now}: give another folder")


def write_whole(path: pathlib.Path, save: Callable[[pathlib.Path], Any]) -> None:
    """'path' appears with all that 'save' writes, on the disk, or not at all; it replaces what was there."""
    with _temporary(path) as unfinished:
        save(unfinished)
        with open(unfinished, "rb") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    with contextlib.suppress(OSError):  # some file systems cannot
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


@contextlib.contextmanager
def _temporary(path: pathlib.Path) -> Iterator[pathlib.Path]:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=_TEMPORARY)
    os.close(handle)
    try:
        yield pathlib.Path(name)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def remove_unfinished(folder: pathlib.Path) -> int:
    """Removes what a run that was killed left; how many files. REQUIRES: nobody works at the job."""
    left = list(folder.glob(f"*{_TEMPORARY}"))
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
