# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What the ONNX graph of a recognition model says about its input and its classes."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

import onnx
from onnx import shape_inference

PROBABILITIES = "Softmax"


class GraphError(Exception):
    """The graph is not one of a recognition model; the text says why."""


@dataclass(frozen=True)
class RecognitionGraph:
    """Sizes are None where the graph leaves them open."""

    path: pathlib.Path
    input_name: str
    channels: int | None
    height: int | None
    width: int | None
    output_name: str
    classes: int
    last_operator: str  # that makes the output
    characters: tuple[str, ...] | None  # of the metadata key 'character'


def read_graph(path: pathlib.Path) -> RecognitionGraph:
    try:
        model = onnx.load(str(path))
    except OSError as error:
        raise GraphError(f"{path}: {error.strerror}; give the ONNX file of the model") from error
    except Exception as error:  # protobuf's parser has no type of its own in all its versions
        raise GraphError(f"{path}: is no ONNX file: {error}") from error
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        raise GraphError(
            f"{path}: {len(inputs)} inputs and {len(model.graph.output)} outputs; a recognition "
            "model for inference has one of each (export the inference model, not the training one)"
        )
    shape = _shape(inputs[0])
    if len(shape) != 4:
        raise GraphError(f"{path}: the input {inputs[0].name} has {len(shape)} dimensions, not 4")
    output = model.graph.output[0]
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    text = metadata.get("character")
    makers = {name: node.op_type for node in model.graph.node for name in node.output}
    return RecognitionGraph(
        path,
        inputs[0].name,
        *shape[1:],
        output.name,
        _classes(path, model),
        makers.get(output.name, ""),
        tuple(text.splitlines()) if text is not None else None,
    )


def _shape(value: onnx.ValueInfoProto) -> list[int | None]:
    sizes = value.type.tensor_type.shape.dim
    return [d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else None for d in sizes]


def _classes(path: pathlib.Path, model: onnx.ModelProto) -> int:
    """The last dimension of the output, as stated or as ONNX's shape inference finds it, else the
    columns of the last matrix."""
    for candidate in (model, _inferred(model)):
        shape = _shape(candidate.graph.output[0])
        if len(shape) not in (0, 3):
            raise GraphError(
                f"{path}: the output has {len(shape)} dimensions; a CTC head gives [N, steps, classes]"
            )
        if shape and shape[-1] is not None:
            return shape[-1]
    weights = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    for node in reversed(model.graph.node):
        if node.op_type in ("MatMul", "Gemm") and len(weights.get(node.input[1], ())) == 2:
            return weights[node.input[1]][-1]
    raise GraphError(f"{path}: the number of classes is nowhere to be found in the graph")


def _inferred(model: onnx.ModelProto) -> onnx.ModelProto:
    try:
        return shape_inference.infer_shapes(model)
    except Exception:  # of a graph that inference cannot follow, the stated shapes are what there is
        return model
