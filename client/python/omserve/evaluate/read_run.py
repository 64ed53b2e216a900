# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Sends labelled lines through ReadText, several requests in flight."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from omserve.client import Client
from omserve.errors import InvalidRequestError, OmserveError, PictureError
from omserve.evaluate.line_sets import Line


@dataclass(frozen=True)
class Reading:
    """What came back for one line: its text and score, or why there is none."""

    line: Line
    text: str = ""
    score: float = 0.0
    error: str = ""


def read_all(
    client: Client,
    lines: Sequence[Line],
    *,
    per_request: int = 16,
    in_flight: int = 4,
    progress: Callable[[int], object] = lambda count: None,
    **options: Any,
) -> list[Reading]:
    """One reading a line, in order. 'options' go to Client.read_lines; 'progress' gets counts.

    When the server refuses a request for a bad picture, its lines are sent one by one, so that only
    the bad one fails.
    """
    groups = [lines[i : i + per_request] for i in range(0, len(lines), per_request)]

    def run(group: Sequence[Line]) -> list[Reading]:
        readings = _read_group(client, group, options)
        progress(len(group))
        return readings

    with concurrent.futures.ThreadPoolExecutor(in_flight) as pool:
        return [reading for readings in pool.map(run, groups) for reading in readings]


def _read_group(client: Client, group: Sequence[Line], options: dict[str, Any]) -> list[Reading]:
    try:
        answer = client.read_lines([line.picture for line in group], **options)
    except (InvalidRequestError, PictureError) as error:
        if len(group) > 1:
            return [reading for line in group for reading in _read_group(client, [line], options)]
        return [Reading(group[0], error=str(error))]
    except OmserveError as error:
        return [Reading(line, error=str(error)) for line in group]
    found = {line.index: line for line in answer.lines}
    return [
        Reading(line, found[i].text, found[i].score)
        if i in found
        else Reading(line, error="the server gave no answer for this line")
        for i, line in enumerate(group)
    ]
