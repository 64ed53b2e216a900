# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Makes a pipeline of a Paddle recognition model of your own: checks it, converts it, compiles it.

    python -m models.ocr.export --config PP-OCRv4_server_rec_ic15_data.yaml --model inference_dir \\
        --out build/models_ocr/my_ocr --name my_ocr --base build/models_ocr/ppocr_v4

The yaml is the training config or the exported inference.yml. The model is the folder of a Paddle
inference model (needs the program paddle2onnx), or an ONNX file. `--base` gives detection and
direction. Exit status: 0, 1 when yaml, dictionary and graph do not fit (each mismatch is named) or a
program fails, 2 for a wrong command line. `--check` stops after the check.
"""

from __future__ import annotations

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence

import onnx

from models.ocr.neutral_padding import NotNeutral, make_neutral
from models.ocr.paddle_config import (
    ConfigError,
    RecognitionConfig,
    read_config,
    read_dictionary,
)
from models.ocr.pipeline_manifest import (
    ManifestError,
    read_base,
    recognition_widths,
    write_pipeline,
)
from models.ocr.recognition_checks import LINE_HEIGHT, mismatches
from models.ocr.recognition_graph import GraphError, RecognitionGraph, read_graph

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTHS, BATCHES = (320, 640, 960, 1280), (1, 2, 4)
# Paddle's inference models: the program, newer and older, and the weights beside it.
PROGRAMS, WEIGHTS = ("inference.json", "inference.pdmodel"), "inference.pdiparams"


class ExportError(Exception):
    """A step failed; the text says what to do."""


def convert(model: pathlib.Path, scratch: pathlib.Path, opset: int) -> pathlib.Path:
    """The ONNX file of 'model': itself, or what paddle2onnx makes of an inference model's folder."""
    if model.is_file():
        return model
    program = next((name for name in PROGRAMS if (model / name).is_file()), None)
    if program is None or not (model / WEIGHTS).is_file():
        raise ExportError(
            f"{model}: neither an ONNX file nor a folder with {' or '.join(PROGRAMS)} and {WEIGHTS}; "
            "PaddleOCR's tools/export_model.py writes such a folder"
        )
    if not shutil.which("paddle2onnx"):
        raise ExportError(
            "paddle2onnx is not installed: pip install paddle2onnx, here or on the machine that "
            "trained, and give the ONNX file as --model"
        )
    out = scratch / "recognition.onnx"
    _run(
        ["paddle2onnx", "--model_dir", str(model), "--model_filename", program]
        + ["--params_filename", WEIGHTS, "--save_file", str(out), "--opset_version", str(opset)]
    )
    return out


def find_dictionary(
    given: pathlib.Path | None, config: RecognitionConfig, graph: RecognitionGraph
) -> tuple[str, ...]:
    """Of --dictionary, else of the yaml, else of the graph's metadata."""
    if given or (config.dictionary and config.characters is None):
        return read_dictionary(given or config.dictionary)
    if config.characters is not None:
        return config.characters
    if graph.characters is not None:
        return graph.characters
    raise ExportError(
        f"{config.path} names no dictionary (Global.character_dict_path) and the graph has none in "
        "its metadata; give it with --dictionary"
    )


def blind_to_padding(graph: RecognitionGraph, scratch: pathlib.Path) -> pathlib.Path:
    """The graph with which a line in a wider gear is read as at its own width; where that cannot
    be, the graph itself."""
    model = onnx.load(str(graph.path))
    try:
        make_neutral(model)
    except NotNeutral as error:
        print(
            f"export: {graph.path.name}: padding will change a little what is read in the wider "
            f"gears: {error}"
        )
        return graph.path
    path = scratch / "neutral_padding.onnx"
    onnx.save(model, str(path))
    return path


def compile_widths(
    args: argparse.Namespace, graph: RecognitionGraph, trained_width: int, scratch: pathlib.Path
) -> list[str]:
    """One OM file a width; their stage names. Lines up to the width of training are padded to it,
    as in training."""
    atc = _find_atc(args.atc)
    wide = graph.path
    if graph.width is None and max(args.widths) > trained_width:
        wide = blind_to_padding(graph, scratch)
    stages = []
    for width in args.widths:
        name = f"rec_{width}"
        path = wide if width > trained_width else graph.path
        _run(
            [atc, "--framework=5", f"--model={path}", f"--output={args.out / name}"]
            + [f"--input_shape={graph.input_name}:-1,3,{LINE_HEIGHT},{width}"]
            + [f"--dynamic_batch_size={','.join(map(str, args.batches))}"]
            + [f"--soc_version={args.soc}", f"--precision_mode_v2={args.precision}"]
        )
        print(f"compiled {args.out / name}.om")
        stages.append(name)
    return stages


def _run(command: Sequence[str]) -> None:
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode != 0:
        tail = "\n".join(run.stdout.splitlines()[-15:])
        raise ExportError(f"{command[0]} ended with status {run.returncode}:\n{tail}")


def _numbers(text: str) -> tuple[int, ...]:
    values = tuple(int(part) for part in text.split(","))
    if min(values) < 1:
        raise argparse.ArgumentTypeError(f"{text}: give numbers from 1, with commas")
    return tuple(sorted(set(values)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="export", description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=pathlib.Path, required=True, help="the model's yaml")
    parser.add_argument("--model", type=pathlib.Path, required=True, help="folder, or ONNX file")
    parser.add_argument("--dictionary", type=pathlib.Path, help="if the yaml's is elsewhere")
    parser.add_argument("--out", type=pathlib.Path, help="the pipeline's folder")
    parser.add_argument("--name", default="", help="of the pipeline; the folder's if absent")
    parser.add_argument("--base", type=pathlib.Path, default=ROOT / "build/models_ocr/ppocr_v4")
    parser.add_argument("--widths", type=_numbers, help="gears, pixels; the base's if absent")
    parser.add_argument("--batches", type=_numbers, default=BATCHES, help="gears, lines")
    parser.add_argument("--soc", default="Ascend910B3", help="chip, as atc's --soc_version")
    parser.add_argument("--precision", default="origin", help="as atc's --precision_mode_v2")
    parser.add_argument("--opset", type=int, default=14, help="for paddle2onnx")
    parser.add_argument("--atc", default="", help="CANN's or hostacl's; found if absent")
    parser.add_argument("--check", action="store_true", help="only whether all fits together")
    return parser


def _find_atc(given: str) -> str:
    ours = ROOT / "build/release/hostacl/bin/atc"
    found = given or shutil.which("atc") or (str(ours) if ours.exists() else "")
    if not found:
        raise ExportError("atc is not on the PATH; source CANN's set_env.sh, run `make build`, or give --atc")
    return found


def export(args: argparse.Namespace) -> int:
    config = read_config(args.config)
    if args.widths is None and args.check and not args.base.exists():
        args.widths = WIDTHS
    elif args.widths is None:
        args.widths = recognition_widths(read_base(args.base))
    with tempfile.TemporaryDirectory() as scratch:
        graph = read_graph(convert(args.model, pathlib.Path(scratch), args.opset))
        dictionary = find_dictionary(args.dictionary, config, graph)
        found = mismatches(config, graph, dictionary, args.widths)
        for sentence in found:
            print(f"export: {sentence}", file=sys.stderr)
        if found:
            return 1
        print(
            f"{graph.path.name}: {graph.classes} classes = blank + {len(dictionary)} characters"
            f"{' + space' * config.use_space_char}; lines {LINE_HEIGHT} pixels high"
        )
        if args.check:
            return 0
        args.out.mkdir(parents=True, exist_ok=True)
        stages = compile_widths(args, graph, config.image_shape[2], pathlib.Path(scratch))
    text = "".join(character + "\n" for character in dictionary)
    (args.out / "dictionary.txt").write_bytes(text.encode("utf-8"))
    manifest = write_pipeline(
        args.out, args.name or args.out.name, args.base, stages, config.use_space_char
    )
    print(f"wrote {manifest}")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    parser = _parser()
    args = parser.parse_args(argv)
    if not args.check and args.out is None:
        parser.error("give --out, or --check")
    try:
        return export(args)
    except (ConfigError, GraphError, ExportError, ManifestError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
