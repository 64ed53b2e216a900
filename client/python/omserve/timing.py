# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Where the time of an answer went."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from google.protobuf import duration_pb2, timestamp_pb2

from omserve.v1 import vision_pb2


@dataclass(frozen=True)
class StageTiming:
    """What one stage took for this request, seconds. Host steps have 'host' alone, device -1."""

    stage: str
    queue: float  # waiting for a batch to take the items
    batch_form: float
    h2d: float  # copy to the device
    execute: float
    d2h: float  # copy from the device
    host: float
    device: int
    batch_size: int  # real items in the batch, those of other requests included
    padding: int  # rows of the compiled batch that carried nothing
    batches: int  # that this request's items took


@dataclass(frozen=True)
class Timing:
    """When the server saw the request (by its clock, UTC), and what it spent on it."""

    received: datetime.datetime
    sent: datetime.datetime
    stages: tuple[StageTiming, ...]


def from_wire(message: vision_pb2.Timing) -> Timing:
    return Timing(
        _time(message.received), _time(message.sent), tuple(_stage(s) for s in message.stages)
    )


def _stage(s: vision_pb2.StageTiming) -> StageTiming:
    spans = (s.queue, s.batch_form, s.h2d, s.execute, s.d2h, s.host)
    seconds = (_seconds(span) for span in spans)
    return StageTiming(s.stage, *seconds, s.device, s.batch_size, s.padding, s.batches)


def _seconds(span: duration_pb2.Duration) -> float:
    return span.seconds + span.nanos * 1e-9


def _time(stamp: timestamp_pb2.Timestamp) -> datetime.datetime:
    return stamp.ToDatetime(tzinfo=datetime.timezone.utc)
