# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""ViT-B/16 as ONNX with random weights from a seed: the time of the real one, and no download.

Dosovitskiy et al. 2020, table 1: 12 layers, width 768, 12 heads, MLP 3072, patches of 16, 86 M weights;
pre-norm blocks, exact GELU, a last norm. `pixel_values` [N,3,224,224] to `last_hidden_state` [N,197,768].
"""

from __future__ import annotations

import pathlib

import numpy as np
import onnx
from onnx import helper, numpy_helper

from tests.bench.sched_models import compile_om

SEED = 2026
SIDE, PATCH, WIDTH, HEADS, MLP, DEPTH = 224, 16, 768, 12, 3072, 12
TOKENS = 1 + (SIDE // PATCH) ** 2
GEARS = [1, 2, 4, 8]
SPREAD = 0.02  # of the weights; the norms keep every layer's input at unit size


class _Graph:
    """Nodes and weights; each method adds some and gives the name of what they make."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._random = np.random.default_rng(SEED)

    def node(self, kind: str, inputs: list[str], name: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def integers(self, name: str, values: list[int]) -> str:
        return self.constant(name, np.array(values, np.int64))

    def weight(self, name: str, *shape: int) -> str:
        return self.constant(name, self._random.normal(0, SPREAD, shape).astype(np.float32))

    def number(self, name: str, value: float) -> str:
        return self.constant(name, np.array(value, np.float32))

    def linear(self, x: str, name: str, wide_in: int, wide_out: int) -> str:
        product = self.node("MatMul", [x, self.weight(f"{name}.w", wide_in, wide_out)], f"{name}.mm")
        return self.node("Add", [product, self.weight(f"{name}.b", wide_out)], name)

    def norm(self, x: str, name: str) -> str:
        mean = self.node("ReduceMean", [x], f"{name}.mean", axes=[-1])
        away = self.node("Sub", [x, mean], f"{name}.away")
        square = self.node("Mul", [away, away], f"{name}.square")
        variance = self.node("ReduceMean", [square], f"{name}.variance", axes=[-1])
        safe = self.node("Add", [variance, self.number(f"{name}.eps", 1e-6)], f"{name}.safe")
        unit = self.node("Div", [away, self.node("Sqrt", [safe], f"{name}.root")], f"{name}.unit")
        scale = self.constant(f"{name}.scale", np.ones(WIDTH, np.float32))
        scaled = self.node("Mul", [unit, scale], f"{name}.scaled")
        return self.node("Add", [scaled, self.weight(f"{name}.b", WIDTH)], name)

    def gelu(self, x: str, name: str) -> str:
        """x / 2 (1 + erf(x / sqrt 2))."""
        inner = self.node("Div", [x, self.number(f"{name}.root2", 2**0.5)], f"{name}.inner")
        erf = self.node("Erf", [inner], f"{name}.erf")
        more = self.node("Add", [erf, self.number(f"{name}.one", 1.0)], f"{name}.more")
        whole = self.node("Mul", [x, more], f"{name}.whole")
        return self.node("Mul", [whole, self.number(f"{name}.half", 0.5)], name)

    def attention(self, x: str, name: str) -> str:
        head = WIDTH // HEADS
        qkv = self.linear(x, f"{name}.qkv", WIDTH, 3 * WIDTH)
        split = self.integers(f"{name}.split", [0, TOKENS, 3, HEADS, head])
        parts = self.node("Reshape", [qkv, split], f"{name}.parts")
        order = self.node("Transpose", [parts], f"{name}.order", perm=[2, 0, 3, 1, 4])
        q, k, v = (
            self.node("Gather", [order, self.constant(f"{name}.{part}.i", np.array(i, np.int64))],
                      f"{name}.{part}", axis=0)
            for i, part in enumerate("qkv")
        )
        turned = self.node("Transpose", [k], f"{name}.k.t", perm=[0, 1, 3, 2])
        small = self.node("Mul", [q, self.number(f"{name}.scale", head**-0.5)], f"{name}.q.scaled")
        weights = self.node("MatMul", [small, turned], f"{name}.scores")
        share = self.node("Softmax", [weights], f"{name}.share", axis=-1)
        mixed = self.node("MatMul", [share, v], f"{name}.mixed")
        back = self.node("Transpose", [mixed], f"{name}.back", perm=[0, 2, 1, 3])
        join = self.integers(f"{name}.join", [0, TOKENS, WIDTH])
        return self.linear(
            self.node("Reshape", [back, join], f"{name}.joined"), name, WIDTH, WIDTH
        )

    def tokens(self) -> str:
        """Patches behind the class token, with their positions."""
        kernel = self.weight("patch.w", WIDTH, 3, PATCH, PATCH)
        patches = self.node(
            "Conv", ["pixel_values", kernel, self.weight("patch.b", WIDTH)], "patches",
            strides=[PATCH, PATCH],
        )
        flat = self.integers("patches.shape", [0, WIDTH, TOKENS - 1])
        rows = self.node("Reshape", [patches, flat], "patches.flat")
        columns = self.node("Transpose", [rows], "patches.rows", perm=[0, 2, 1])
        batch = self.node(
            "Gather", [self.node("Shape", ["pixel_values"], "shape"), self.integers("first", [0])],
            "batch", axis=0,
        )
        shape = self.node("Concat", [batch, self.integers("class.size", [1, WIDTH])],
                          "class.shape", axis=0)
        first = self.node("Expand", [self.weight("class", 1, 1, WIDTH), shape], "class.token")
        joined = self.node("Concat", [first, columns], "joined", axis=1)
        return self.node("Add", [joined, self.weight("positions", 1, TOKENS, WIDTH)], "tokens")


def vit_model(models: pathlib.Path, name: str = "vit") -> pathlib.Path:
    """models/NAME for Embed, its OM compiled with gears; the ONNX file that lies there, too."""
    graph = _Graph()
    x = graph.tokens()
    for i in range(DEPTH):
        mixed = graph.attention(graph.norm(x, f"{i}.norm1"), f"{i}.attention")
        x = graph.node("Add", [x, mixed], f"{i}.after1")
        wide = graph.linear(graph.norm(x, f"{i}.norm2"), f"{i}.up", WIDTH, MLP)
        thin = graph.linear(graph.gelu(wide, f"{i}.gelu"), f"{i}.down", MLP, WIDTH)
        x = graph.node("Add", [x, thin], f"{i}.after2")
    graph.norm(x, "last_hidden_state")
    folder = models / name
    folder.mkdir(parents=True, exist_ok=True)
    om = folder / "internvit.om"
    if not om.exists():
        compile_om(
            om, graph.nodes, graph.constants, {"pixel_values": [3, SIDE, SIDE]},
            {"last_hidden_state": [TOKENS, WIDTH]}, GEARS, "Ascend910B3",
        )
    (folder / "pipeline.pbtxt").write_text(
        f'name: "{name}"\nversion: "1"\n'
        'stages {\n  name: "internvit" om_file: "internvit.om"\n'
        '  inputs: "pixel_values" outputs: "last_hidden_state"\n  max_queue_items: 1000\n}\n'
        f"internvit {{ image_size: {SIDE} }}\n"
    )
    return om.with_suffix(".onnx")
