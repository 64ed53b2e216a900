# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a pipeline.pbtxt that reads text with another recognition model."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECOGNITION = "rec_"  # first part of the stage names, one a width
HEAD = (
    "# proto-file: proto/omserve/v1/manifest.proto\n"
    "# proto-message: omserve.v1.PipelineManifest\n"
    "# Written by models/ocr/export.py.\n"
)


class ManifestError(Exception):
    """The base pipeline cannot be used; the text names it."""


def manifest_class() -> Any:
    """The message class PipelineManifest, from the schema of this checkout."""
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(scratch) / "set"
        subprocess.run(
            ["protoc", f"-I{ROOT / 'proto'}", "--include_imports", f"--descriptor_set_out={out}"]
            + [str(ROOT / "proto/omserve/v1/manifest.proto")],
            check=True,
        )
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    kind = pool.FindMessageTypeByName("omserve.v1.PipelineManifest")
    if hasattr(message_factory, "GetMessageClass"):  # protobuf 4.22 and newer
        return message_factory.GetMessageClass(kind)
    return message_factory.MessageFactory(pool).GetPrototype(kind)


def read_base(base: pathlib.Path) -> Any:
    """The manifest in the folder 'base', of a pipeline that reads text; else ManifestError."""
    source = base / "pipeline.pbtxt"
    manifest = manifest_class()()
    try:
        text_format.Parse(source.read_text(encoding="utf-8"), manifest)
    except OSError as error:
        raise ManifestError(
            f"{source}: {error.strerror}; --base is the folder of a pipeline that reads text "
            "(`make build` makes build/models_ocr/ppocr_v4)"
        ) from error
    except text_format.ParseError as error:
        raise ManifestError(f"{source}: {error}") from error
    if manifest.WhichOneof("pipeline") != "ppocr" or not recognition_widths(manifest):
        raise ManifestError(
            f"{source}: has no stage {RECOGNITION}<width>; give a pipeline that reads text"
        )
    return manifest


def recognition_widths(manifest: Any) -> tuple[int, ...]:
    """The widths that a manifest's recognition is compiled for, ascending."""
    widths = (s.name.removeprefix(RECOGNITION) for s in manifest.stages if _recognises(s))
    return tuple(sorted(int(width) for width in widths))


def _recognises(stage: Any) -> bool:
    return stage.name.startswith(RECOGNITION) and stage.name[len(RECOGNITION) :].isdigit()


def write_pipeline(
    out: pathlib.Path, name: str, base: pathlib.Path, stages: Sequence[str], use_space_char: bool
) -> pathlib.Path:
    """The manifest of the pipeline 'name' in 'out': detection and direction are those of the
    pipeline in 'base' and its OM files are copied; recognition is 'stages', whose OM files lie in
    'out' with the dictionary. The path that was written.
    """
    manifest = read_base(base)
    pattern = next(s for s in manifest.stages if _recognises(s))
    others = [s for s in manifest.stages if not _recognises(s)]
    for stage in others:
        if base.resolve() != out.resolve():
            _copy(base / stage.om_file, out / stage.om_file)
    recognition = []
    for stage_name in stages:
        stage = type(pattern)()
        stage.CopyFrom(pattern)
        stage.name, stage.om_file = stage_name, f"{stage_name}.om"
        recognition.append(stage)
    del manifest.stages[:]
    manifest.stages.extend([*others, *recognition])
    manifest.name = name
    manifest.ppocr.dictionary_file = "dictionary.txt"
    manifest.ppocr.use_space_char = use_space_char
    path = out / "pipeline.pbtxt"
    path.write_text(HEAD + text_format.MessageToString(manifest, as_utf8=True), encoding="utf-8")
    return path


def _copy(source: pathlib.Path, target: pathlib.Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as error:
        raise ManifestError(f"{source}: {error.strerror}; compile the base pipeline first") from error
