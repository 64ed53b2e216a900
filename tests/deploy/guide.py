# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The commands of a page, and what it says that they print.

A command is an indented line that begins with "$ ", with what follows while a here-document is open; what is
indented below it is printed. "..." stands for any lines, and for the rest of a line; numbers may differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

INDENT = "    "


@dataclass
class Step:
    line: int  # of the page, from 1
    command: str
    printed: list[str] = field(default_factory=list)


def steps(page: str) -> list[Step]:
    out: list[Step] = []
    until = ""  # the end of an open here-document
    for number, line in enumerate(page.splitlines(), 1):
        if not line.startswith(INDENT):
            until = ""
            continue
        text = line[len(INDENT) :]
        if until:
            # Indented below the command; what is indented more keeps the rest.
            out[-1].command += "\n" + text.removeprefix("  ")
            until = "" if text.strip() == until else until
        elif text.startswith("$ "):
            out.append(Step(number, text[2:]))
            opened = re.search(r"<<(\w+)$", text)
            until = opened.group(1) if opened else ""
        elif out:
            out[-1].printed.append(text)
    return out


def _pattern(line: str) -> str:
    """Numbers and the width of columns may differ."""
    parts = []
    for part in re.split(r"(\d+(?:\.\d+)?|\.\.\.|-{2,}| +)", line):
        if re.fullmatch(r"\d+(?:\.\d+)?", part):
            parts.append(r"\d+(?:\.\d+)?")
        elif part == "...":
            parts.append(".*")
        elif re.fullmatch(r"-{2,}", part):
            parts.append("-+")
        elif part and not part.strip():
            parts.append(" +")
        else:
            parts.append(re.escape(part))
    return "".join(parts)


def missing(printed: list[str], got: str) -> str | None:
    """The first line of the page that the command did not print in its place; None when all are there."""
    lines = [line.rstrip() for line in got.splitlines()]
    at, anywhere = 0, False
    for want in printed:
        if want.strip() == "...":
            anywhere = True
            continue
        pattern = re.compile(_pattern(want.rstrip()))
        here = range(at, len(lines)) if anywhere else range(at, min(at + 1, len(lines)))
        found = next((number for number in here if pattern.fullmatch(lines[number])), None)
        if found is None:
            return want
        at, anywhere = found + 1, False
    return None
