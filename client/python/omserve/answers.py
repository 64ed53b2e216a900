# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The server's answers as dataclasses. Boxes are (x1, y1, x2, y2), outlines float32 of shape
(points, 2); both in pixels of the picture as sent, after its EXIF rotation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Optional

import numpy as np

from omserve import masks, timing
from omserve.v1 import vision_pb2

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Detection:
    label: int  # index into the model's labels
    label_name: str
    score: float
    box: Box
    mask: Optional[masks.Mask]  # None when no masks were asked for


@dataclass(frozen=True)
class DetectAnswer:
    model: str
    request_id: str
    width: int
    height: int
    detections: tuple[Detection, ...]  # best score first
    raw_count: int  # after NMS, before the de-duplication
    after_dedup: int  # before the score threshold
    timing: timing.Timing


@dataclass(frozen=True)
class ClassScore:
    label: int
    label_name: str
    score: float  # softmax probability


@dataclass(frozen=True)
class EmbedAnswer:
    model: str
    request_id: str
    features: np.ndarray  # float32, (width,) or (tokens, width)
    top: tuple[ClassScore, ...]  # best first
    timing: timing.Timing


@dataclass(frozen=True)
class TextCharacter:
    text: str
    score: float
    position: float  # of its middle on the line, 0 to 1
    outline: np.ndarray


@dataclass(frozen=True)
class TextWord:
    text: str
    score: float
    outline: np.ndarray


@dataclass(frozen=True)
class TextLine:
    index: int  # of the line sent, or in reading order
    text: str
    score: float  # mean of its characters; 0 when nothing was read
    outline: np.ndarray  # clockwise from the text's top left; (0, 2) for lines that were sent
    box: Optional[Box]  # None for lines that were sent
    box_score: float
    turned: int  # degrees counter-clockwise, before it was read
    orientation_score: float
    characters: tuple[TextCharacter, ...]
    words: tuple[TextWord, ...]


@dataclass(frozen=True)
class ReadTextAnswer:
    model: str
    request_id: str
    width: int  # 0 for lines that were sent
    height: int
    lines: tuple[TextLine, ...]  # in reading order, or in the order sent
    lines_found: int  # before 'min_score'
    lines_below_score: int
    places_cut: int  # not looked at, because there were more than 'max_lines'
    timing: timing.Timing


@dataclass(frozen=True)
class ModelInfo:
    name: str
    version: str
    pipeline: str  # vitdet, internvit or ppocr
    labels: tuple[str, ...]
    stages: tuple[str, ...]
    ready: bool


def detect(message: vision_pb2.DetectResponse) -> DetectAnswer:
    found = tuple(
        Detection(
            d.label,
            d.label_name,
            d.score,
            _box(d.box),
            masks.from_wire(d.mask) if d.HasField("mask") else None,
        )
        for d in message.detections
    )
    return DetectAnswer(
        message.model,
        message.request_id,
        message.image_width,
        message.image_height,
        found,
        message.raw_count,
        message.after_dedup,
        timing.from_wire(message.timing),
    )


def embed(message: vision_pb2.EmbedResponse) -> EmbedAnswer:
    features = np.array(message.features, np.float32).reshape(tuple(message.shape))
    top = tuple(ClassScore(c.label, c.label_name, c.score) for c in message.top)
    spent = timing.from_wire(message.timing)
    return EmbedAnswer(message.model, message.request_id, features, top, spent)


def read_text(message: vision_pb2.ReadTextResponse) -> ReadTextAnswer:
    return ReadTextAnswer(
        message.model,
        message.request_id,
        message.image_width,
        message.image_height,
        tuple(_line(line) for line in message.lines),
        message.lines_found,
        message.lines_below_score,
        message.places_cut,
        timing.from_wire(message.timing),
    )


def models(message: vision_pb2.ListModelsResponse) -> list[ModelInfo]:
    return [
        ModelInfo(m.name, m.version, m.pipeline, tuple(m.labels), tuple(m.stages), m.ready)
        for m in message.models
    ]


def _line(line: vision_pb2.TextLine) -> TextLine:
    return TextLine(
        line.index,
        line.text,
        line.score,
        _outline(line.outline),
        _box(line.box) if line.HasField("box") else None,
        line.box_score,
        line.turned,
        line.orientation_score,
        tuple(
            TextCharacter(c.text, c.score, c.position, _outline(c.outline))
            for c in line.characters
        ),
        tuple(TextWord(w.text, w.score, _outline(w.outline)) for w in line.words),
    )


def _box(box: vision_pb2.BoundingBox) -> Box:
    return (box.x1, box.y1, box.x2, box.y2)


def _outline(xy: Iterable[float]) -> np.ndarray:
    return np.array(list(xy), np.float32).reshape(-1, 2)
