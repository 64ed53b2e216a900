# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Writes one ONNX graph with a dynamic batch, and the metadata file that describes it."""
from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

OPSET = 17


def _describe(values) -> list[dict]:
    out = []
    for v in values:
        t = v.type.tensor_type
        out.append({"name": v.name, "dtype": onnx.TensorProto.DataType.Name(t.elem_type).lower(),
                    "shape": [d.dim_param or d.dim_value for d in t.shape.dim]})
    return out


def _pin_shapes(graph: onnx.GraphProto, names: list[str], example: list[Tensor]) -> None:
    """Gives graph outputs the shape [N, fixed...]; the tracer may leave inner sizes symbolic."""
    for value, tensor in zip(graph.output, example):
        assert value.name in names
        dims = value.type.tensor_type.shape.dim
        del dims[:]
        dims.add().dim_param = "N"
        for size in tensor.shape[1:]:
            dims.add().dim_value = size


def export_stage(module: nn.Module, inputs: dict[str, tuple[int, ...]], outputs: list[str],
                 path: Path, meta: dict) -> dict:
    """Exports `module` and writes `<stem>.export_meta.json` beside it.

    `inputs` maps each name to its shape without the batch. The graph is traced with a batch of
    two, so nothing can hide a constant batch of one. Constants are left unfolded, so that every
    weight keeps its name and shape (onnx_weights.py reads them back). Returns the metadata.
    """
    module = module.eval()
    example = tuple(torch.randn(2, *shape) for shape in inputs.values())
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = module(*example)
        torch.onnx.export(module, example, str(path), input_names=list(inputs),
                          output_names=outputs, opset_version=OPSET, do_constant_folding=False,
                          dynamic_axes={n: {0: "N"} for n in [*inputs, *outputs]})
    results = [results] if isinstance(results, Tensor) else list(results)
    model = onnx.load(str(path))
    _pin_shapes(model.graph, outputs, results)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    data = path.read_bytes()
    facts = {"format": "onnx", "file": path.name, "opset": OPSET, "bytes": len(data),
             "sha256": hashlib.sha256(data).hexdigest(), "inputs": _describe(model.graph.input),
             "outputs": _describe(model.graph.output), **meta}
    path.with_suffix(".export_meta.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(f"{path.name}: {len(data)} bytes, {len(model.graph.node)} nodes", flush=True)
    return facts
