# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Whether yaml, dictionary and graph of a recognition model belong together."""

from __future__ import annotations

from collections.abc import Sequence

from models.ocr.paddle_config import RecognitionConfig
from models.ocr.recognition_graph import PROBABILITIES, RecognitionGraph

LINE_HEIGHT = 48  # pixels; what omserve's crops are brought to
WIDTH_STEP = 8  # columns of the input for a step of the output


def mismatches(
    config: RecognitionConfig,
    graph: RecognitionGraph,
    dictionary: Sequence[str],
    widths: Sequence[int],
) -> list[str]:
    """One sentence for each thing that does not fit, naming both sides; empty when all fits."""
    return [
        *_shape_mismatches(config, graph, widths),
        *_class_mismatches(config, graph, dictionary),
        *_output_mismatches(graph),
    ]


def _shape_mismatches(
    config: RecognitionConfig, graph: RecognitionGraph, widths: Sequence[int]
) -> list[str]:
    found = []
    shapes = config.image_shapes
    if "Eval" in shapes and "Train" in shapes and shapes["Eval"] != shapes["Train"]:
        found.append(
            f"image_shape: the yaml's Eval has {list(shapes['Eval'])} and its Train "
            f"{list(shapes['Train'])}; a model reads well only as it was trained"
        )
    for name, mine, theirs in (
        ("channels", config.image_shape[0], graph.channels),
        ("height", config.image_shape[1], graph.height),
        ("width", config.image_shape[2], graph.width),
    ):
        if theirs is not None and mine != theirs:
            found.append(
                f"image_shape: the yaml's {name} is {mine}, and the graph's input "
                f"{graph.input_name} takes {theirs}"
            )
    channels, height = config.image_shape[:2]
    if channels != 3 or height != LINE_HEIGHT:
        found.append(
            f"image_shape: the yaml has {list(config.image_shape)}; omserve brings lines to "
            f"[3, {LINE_HEIGHT}, width], so train with that"
        )
    for width in widths:
        if graph.width is not None and width != graph.width:
            found.append(
                f"widths: {width} is asked for, and the graph takes {graph.width} alone; export it "
                "with an open width, or ask for --widths " + str(graph.width)
            )
        if width % WIDTH_STEP:
            found.append(f"widths: {width} is no multiple of {WIDTH_STEP}")
    return found


def _class_mismatches(
    config: RecognitionConfig, graph: RecognitionGraph, dictionary: Sequence[str]
) -> list[str]:
    found = []
    empty = [number for number, character in enumerate(dictionary, 1) if character == ""]
    if empty:
        found.append(f"dictionary: line {empty[0]} is empty; a character is missing there")
    seen: dict[str, int] = {}
    for number, character in enumerate(dictionary, 1):
        if character in seen and character:
            found.append(
                f"dictionary: line {number} repeats {character!r} of line {seen[character]}"
            )
            break
        seen[character] = number
    count = len(dictionary)
    wanted = 1 + count + config.use_space_char
    if graph.classes == wanted:
        return found
    if graph.classes == 1 + count + (not config.use_space_char):
        found.append(
            f"use_space_char: is {config.use_space_char} in the yaml, and the graph has "
            f"{graph.classes} classes, which with {count} characters and the blank is right for "
            f"{not config.use_space_char}"
        )
    else:
        found.append(
            f"dictionary: {count} characters, the blank{' and the space' * config.use_space_char} "
            f"make {wanted} classes, and the graph has {graph.classes}; is it another model's "
            "dictionary?"
        )
    return found


def _output_mismatches(graph: RecognitionGraph) -> list[str]:
    if graph.last_operator == PROBABILITIES:
        return []
    return [
        f"output: {graph.output_name} comes from {graph.last_operator or 'nothing'}, not "
        f"{PROBABILITIES}; omserve wants probabilities, as Paddle's inference models give them "
        "(tools/export_model.py)"
    ]
