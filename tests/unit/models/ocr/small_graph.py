# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Made-up recognition graphs and yaml files."""

from __future__ import annotations

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

YAML = """\
Global:
  use_space_char: {space}
  character_dict_path: {dictionary}
Train:
  dataset:
    transforms:
    - RecResizeImg:
        image_shape: {train}
Eval:
  dataset:
    name: SimpleDataSet
    transforms:
    - DecodeImage: {{img_mode: BGR}}
    - RecResizeImg:
        image_shape: {shape}
"""


def write_graph(
    path: pathlib.Path,
    classes: int,
    *,
    height: int | str = 48,
    width: int | str = "W",
    softmax: bool = True,
    state_classes: bool = True,
    characters: str | None = None,
) -> pathlib.Path:
    """Mean over the height, one matrix, Softmax: [N, 3, h, w] to [N, w, classes]."""
    weight = numpy_helper.from_array(np.ones((3, classes), np.float32), "weight")
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["rows"], axes=[2], keepdims=0),
        helper.make_node("Transpose", ["rows"], ["steps"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["steps", "weight"], ["logits"]),
        helper.make_node("Softmax" if softmax else "Identity", ["logits"], ["y"],
                         **({"axis": 2} if softmax else {})),
    ]
    out = [None, None, classes if state_classes else None]
    graph = helper.make_graph(
        nodes, "rec",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, height, width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)],
        [weight],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if characters is not None:
        helper.set_model_props(model, {"character": characters})
    onnx.save(model, str(path))
    return path


def write_config(
    folder: pathlib.Path,
    *,
    space: object = True,
    characters: str = "a\nb\nc\n",
    shape: str = "[3, 48, 320]",
    train: str = "[3, 48, 320]",
) -> pathlib.Path:
    (folder / "dict.txt").write_bytes(characters.encode("utf-8"))
    path = folder / "rec.yaml"
    path.write_text(YAML.format(space=space, dictionary="./dict.txt", shape=shape, train=train))
    return path
