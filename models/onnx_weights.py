# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Reads the weights of a PyTorch module back from the ONNX file that was exported from it.

So that the shipped ONNX files are the one copy of the weights, and the reference in plain PyTorch
computes with exactly what the server loads.
"""
from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import nn


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Parameter name → tensor; the export leaves constants unfolded, so the names are all there."""
    graph = onnx.load(str(path)).graph
    return {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}


def load_weights(module: nn.Module, path: Path) -> nn.Module:
    """Fills every parameter of `module` from `path`; KeyError names one that is not there."""
    tensors = read_weights(path)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name not in tensors:
                raise KeyError(f"{path}: no tensor for the parameter {name}")
            if tensors[name].shape != parameter.shape:
                raise KeyError(f"{path}: {name} is {tuple(tensors[name].shape)}, "
                               f"the model wants {tuple(parameter.shape)}")
            parameter.copy_(tensors[name])
    return module.eval()
