# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Made-up models of the scheduler's benchmarks: tiny graphs whose times come from a profile.

`embed_model` answers Embed with one stage. `crops_model` answers Detect; the picture itself says
how many crops it has: red + 4 x green of its upper left pixel.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from deploy.with_server import ROOT

BUILD = ROOT / "build/release"
OPSET = 13
MEAN_RED, MEAN_GREEN = 123.675, 116.28  # of the ViTDet normalisation
STD_RED, STD_GREEN = 58.395, 57.12
FAR = 1e4  # anchor widths to the right: out of every frame

Shapes = dict[str, list[int]]  # tensor name to its shape behind the batch


def _value(name: str, shape: list[int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])


def _constant(name: str, value: np.ndarray | list) -> onnx.TensorProto:
    array = np.asarray(value)
    return numpy_helper.from_array(
        array.astype(np.float32 if array.dtype.kind == "f" else np.int64), name
    )


def compile_om(
    om: pathlib.Path,
    nodes: list[onnx.NodeProto],
    constants: list[onnx.TensorProto],
    inputs: Shapes,
    outputs: Shapes,
    gears: list[int],
    soc: str,
) -> None:
    """Writes the graph beside 'om' and compiles it with batch gears."""
    graph = helper.make_graph(
        nodes,
        om.stem,
        [_value(*item) for item in inputs.items()],
        [_value(*item) for item in outputs.items()],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(om.with_suffix(".onnx")))
    shapes = ";".join(f"{n}:-1,{','.join(map(str, shape))}" for n, shape in inputs.items())
    run = subprocess.run(
        [str(BUILD / "hostacl/bin/atc"), "--framework=5", f"--model={om.with_suffix('.onnx')}"]
        + [f"--output={om.with_suffix('')}", f"--input_shape={shapes}", f"--soc_version={soc}"]
        + ["--dynamic_batch_size=" + ",".join(map(str, gears)), "--precision_mode_v2=origin"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise RuntimeError(f"atc could not compile {om.stem}:\n{run.stdout}")


def _fresh(folder: pathlib.Path) -> pathlib.Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def embed_model(models: pathlib.Path, gears: list[int], soc: str = "Ascend910B3") -> None:
    """models/internvit: pixels of 16 x 16 in, two tokens of three numbers out."""
    folder = _fresh(models / "internvit")
    nodes = [
        helper.make_node("ReduceMean", ["pixel_values"], ["mean"], axes=[3], keepdims=0),
        helper.make_node("Slice", ["mean", "from", "to", "axis"], ["head"]),
        helper.make_node("Transpose", ["head"], ["last_hidden_state"], perm=[0, 2, 1]),
    ]
    constants = [_constant("from", [0]), _constant("to", [2]), _constant("axis", [2])]
    inputs, outputs = {"pixel_values": [3, 16, 16]}, {"last_hidden_state": [2, 3]}
    compile_om(folder / "internvit.om", nodes, constants, inputs, outputs, gears, soc)
    (folder / "pipeline.pbtxt").write_text(
        'name: "internvit"\nversion: "1"\n'
        'stages {\n  name: "internvit" om_file: "internvit.om"\n'
        '  inputs: "pixel_values" outputs: "last_hidden_state"\n  max_queue_items: 100000\n}\n'
        "internvit { image_size: 16 }\n"
    )


def _backbone(folder: pathlib.Path, side: int, gears: list[int], soc: str) -> None:
    weights = np.array([STD_RED, 4 * STD_GREEN, 0.0]).reshape(1, 3, 1, 1)
    nodes = [
        helper.make_node("Slice", ["image", "from", "to", "axes"], ["pixel"]),
        helper.make_node("Conv", ["pixel", "weights", "bias"], ["sum"]),
        helper.make_node("Round", ["sum"], ["crops"]),
        helper.make_node("Add", ["crops", "zeros4"], ["p2"]),
        helper.make_node("Add", ["crops", "zeros8"], ["p3"]),
    ]
    constants = [
        _constant("from", [0, 0]),
        _constant("to", [1, 1]),
        _constant("axes", [2, 3]),
        _constant("weights", weights),
        _constant("bias", [MEAN_RED + 4 * MEAN_GREEN]),
        _constant("zeros4", np.zeros((1, 1, side // 4, side // 4))),
        _constant("zeros8", np.zeros((1, 1, side // 8, side // 8))),
    ]
    outputs = {"p2": [1, side // 4, side // 4], "p3": [1, side // 8, side // 8]}
    inputs = {"image": [3, side, side]}
    compile_om(folder / "backbone.om", nodes, constants, inputs, outputs, gears, soc)


def _rpn(folder: pathlib.Path, side: int, gears: list[int], soc: str) -> None:
    """As many anchors of stride 4 stay in the frame as p2 says, in reading order; no other."""
    fine, coarse = side // 4, side // 8
    index = np.arange(fine * fine, dtype=np.float32).reshape(1, 1, fine, fine) + 0.5
    away = np.array([FAR, 0.0, 0.0, 0.0]).reshape(1, 4, 1, 1)
    nodes = [
        helper.make_node("Mul", ["p2", "zero"], ["cls_2"]),
        helper.make_node("Mul", ["p3", "zero"], ["cls_3"]),
        helper.make_node("Less", ["p2", "index"], ["beyond"]),
        helper.make_node("Cast", ["beyond"], ["out"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["out", "away"], ["reg_2"]),
        helper.make_node("Add", ["cls_3", "away"], ["reg_3"]),
    ]
    constants = [_constant("zero", [0.0]), _constant("index", index), _constant("away", away)]
    inputs = {"p2": [1, fine, fine], "p3": [1, coarse, coarse]}
    outputs = {
        "cls_2": [1, fine, fine],
        "cls_3": [1, coarse, coarse],
        "reg_2": [4, fine, fine],
        "reg_3": [4, coarse, coarse],
    }
    compile_om(folder / "rpn.om", nodes, constants, inputs, outputs, gears, soc)


def _heads(folder: pathlib.Path, crop_gears: list[int], soc: str) -> None:
    """Every crop is background, so that there is no detection and no mask."""
    nodes = [
        helper.make_node("Flatten", ["roi_feats"], ["flat"]),
        helper.make_node("MatMul", ["flat", "none2"], ["nothing2"]),
        helper.make_node("Add", ["nothing2", "background"], ["cls_score"]),
        helper.make_node("MatMul", ["flat", "none4"], ["bbox_pred"]),
    ]
    constants = [
        _constant("none2", np.zeros((49, 2))),
        _constant("none4", np.zeros((49, 4))),
        _constant("background", [-10.0, 10.0]),
    ]
    outputs = {"cls_score": [2], "bbox_pred": [4]}
    inputs = {"roi_feats": [1, 7, 7]}
    compile_om(folder / "roi_bbox.om", nodes, constants, inputs, outputs, crop_gears, soc)
    nodes = [
        helper.make_node("Concat", ["mask_feats", "mask_feats"], ["wide"], axis=3),
        helper.make_node("Concat", ["wide", "wide"], ["mask_pred"], axis=2),
    ]
    inputs, outputs = {"mask_feats": [1, 14, 14]}, {"mask_pred": [1, 28, 28]}
    compile_om(folder / "roi_mask.om", nodes, [], inputs, outputs, crop_gears, soc)


def crops_model(
    models: pathlib.Path,
    side: int,
    crop_gears: list[int],
    gears: list[int] | None = None,
    soc: str = "Ascend910B3",
) -> None:
    """models/vitdet: a frame of side x side pixels with up to (side / 4)^2 crops."""
    folder = _fresh(models / "vitdet")
    gears = gears or [1, 2, 4, 8]
    _backbone(folder, side, gears, soc)
    _rpn(folder, side, gears, soc)
    _heads(folder, crop_gears, soc)
    (folder / "labels.txt").write_text("thing\n")
    tensors = {
        "backbone": ('"image"', '["p2", "p3"]'),
        "rpn": ('["p2", "p3"]', '["cls_2", "cls_3", "reg_2", "reg_3"]'),
        "roi_bbox": ('"roi_feats"', '["cls_score", "bbox_pred"]'),
        "roi_mask": ('"mask_feats"', '"mask_pred"'),
    }
    stages = "".join(
        f'stages {{\n  name: "{name}" om_file: "{name}.om"\n'
        f"  inputs: {inputs} outputs: {outputs}\n  max_queue_items: 100000\n}}\n"
        for name, (inputs, outputs) in tensors.items()
    )
    most = (side // 4) ** 2
    (folder / "pipeline.pbtxt").write_text(
        'name: "vitdet"\nversion: "1"\nlabels_file: "labels.txt"\n' + stages
        + f"vitdet {{\n  image_size: {side} anchor_scales: 1 anchor_ratios: 1 strides: [4, 8]\n"
        f"  rpn_nms_pre: {most} rpn_max_proposals: {most} num_classes: 1\n"
        '  mask_form: "none"\n}\n'
    )


def picture_with(crops: int, path: pathlib.Path) -> pathlib.Path:
    """A small picture that `crops_model` finds so many crops in; 0 to 1275."""
    green = min(255, max(0, (crops - 128) // 4))
    red = crops - 4 * green
    if not 0 <= red <= 255:
        raise ValueError(f"no picture has {crops} crops")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 16), (red, green, 0)).save(path)
    return path


def write_profile(path: pathlib.Path, models: dict, **keys: object) -> pathlib.Path:
    """A timing profile; 'models' maps a stage to its milliseconds by gear."""
    path.write_text(json.dumps({"compute": "replay", "models": models, **keys}))
    return path
