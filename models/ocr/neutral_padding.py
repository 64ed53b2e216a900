# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Rewrites a recognition graph so that padding on the right changes nothing.

usage: python3 -m models.ocr.neutral_padding IN.onnx OUT.onnx

A line in a wider gear is then read as at its own width, at which the graph was exported. The graph
finds the padding itself: columns that are 0 throughout, which no pixel gives, since levels of 8 bits
become odd multiples of 1/255. From them follows a mask [N, 1, 1, columns] of ones and zeros for
each resolution, and with it: what a convolution that is wider than one column sees beyond the line
is 0, as beyond the edge; means over the whole frame (squeeze and excite) are those of the line;
attention gives padding no weight; and columns of padding are read as blank. Columns are counted as
the network counts them: a step of stride s that drops the last, incomplete column drops it at the
line's own end. Exit status: 0, 1 when the graph has something that this cannot follow, 2 for a
wrong command line.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSETS = range(11, 18)  # in which the nodes that are added mean the same
PREFIX = "neutral_padding."
STEEP = 1024.0  # times 1/255, the smallest pixel, is above 1
NO_WEIGHT = 1e4  # below all others before a softmax; fp16 holds it
# Each column of the output comes from the same column of the inputs.
COLUMN_WISE = frozenset(
    "Abs Add BatchNormalization Cast Clip Concat Div Dropout Erf Exp Flatten Gelu HardSigmoid "
    "HardSwish Identity LeakyRelu Mul PRelu Pow ReduceMean Relu Reshape Sigmoid Slice Split Sqrt "
    "Squeeze Sub Tanh Transpose Unsqueeze LayerNormalization".split()
)
SHAPES = frozenset({"Constant", "ConstantOfShape", "Shape"})


class NotNeutral(Exception):
    """The graph has something that the rewriting cannot follow; the text names the node."""


def _where(node: onnx.NodeProto) -> str:
    return f"{node.op_type} {node.name or node.output[0]}"


def _ints(node: onnx.NodeProto, name: str, absent: Sequence[int]) -> list[int]:
    found = [list(a.ints) for a in node.attribute if a.name == name]
    return found[0] if found else list(absent)


@dataclass
class _Rewriting:
    model: onnx.ModelProto
    opset: int
    constants: dict[str, np.ndarray]
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    mask_of: dict[str, str] = field(default_factory=dict)  # tensor with columns -> its mask
    made: set[str] = field(default_factory=set)

    def make(self, op: str, inputs: Sequence[str], name: str, **attributes: object) -> str:
        """The output of a node of this name, which is made once."""
        name = name if name.startswith(PREFIX) else PREFIX + name
        if name not in self.made:
            self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
            self.made.add(name)
        return name

    def constant(self, name: str, value: object) -> str:
        name = PREFIX + name
        if name not in self.made:
            tensor = numpy_helper.from_array(np.asarray(value), name)
            self.model.graph.initializer.append(tensor)
            self.made.add(name)
        return name

    def number(self, value: float) -> str:
        return self.constant(f"number.{value:g}", np.float32(value))

    def find_padding(self, image: str) -> str:
        size = self.make("Abs", [image], "size")
        largest = self.make("ReduceMax", [size], "largest", axes=[1, 2], keepdims=1)
        steep = self.make("Mul", [largest, self.number(STEEP)], "steep")
        return self.make("Clip", [steep, self.number(0), self.number(1)], "mask")

    def sliced(self, mask: str, first: int, stride: int) -> str:
        """The mask of every stride-th column."""
        if (first, stride) == (0, 1):
            return mask
        values = {"starts": first, "ends": 2**31 - 1, "axes": 3, "steps": stride}
        names = [
            self.constant(f"{key}.{value}", np.array([value], np.int64))
            for key, value in values.items()
        ]
        return self.make("Slice", [mask, *names], f"{mask}.{first}_{stride}")

    def masked(self, tensor: str, mask: str) -> str:
        return self.make("Mul", [tensor, mask], f"{tensor}.masked")

    def column_mask(self, node: onnx.NodeProto) -> str | None:
        """Of the inputs of a node that keeps columns; of two resolutions the graph mixes none."""
        masks = {self.mask_of[name] for name in node.input if name in self.mask_of}
        if len(masks) > 1:
            raise NotNeutral(f"{_where(node)}: its inputs differ in their columns")
        return masks.pop() if masks else None

    def window(self, node: onnx.NodeProto, mask: str) -> str:
        """A convolution or pooling; gives the mask of its output."""
        modes = {a.name: a for a in node.attribute}
        if "auto_pad" in modes and modes["auto_pad"].s != b"NOTSET":
            raise NotNeutral(f"{_where(node)}: auto_pad")
        if "ceil_mode" in modes and modes["ceil_mode"].i:
            raise NotNeutral(f"{_where(node)}: ceil_mode")
        kernel = _ints(node, "kernel_shape", ())
        if len(kernel) != 2:
            raise NotNeutral(f"{_where(node)}: its kernel is not of two dimensions")
        wide = (kernel[1] - 1) * _ints(node, "dilations", (1, 1))[1] + 1
        stride = _ints(node, "strides", (1, 1))[1]
        pads = _ints(node, "pads", (0, 0, 0, 0))
        first = wide - 1 - pads[1] - pads[3]
        if first < 0 or pads[1] > first + pads[3]:
            raise NotNeutral(f"{_where(node)}: is padded by more than it is wide")
        if node.op_type == "Conv" and wide > 1:
            node.input[0] = self.masked(node.input[0], mask)
        elif node.op_type != "Conv" and pads[1] + pads[3] > 0:
            raise NotNeutral(f"{_where(node)}: a pooling with padded columns")
        return self.sliced(mask, first, stride)

    def whole_mean(self, node: onnx.NodeProto, mask: str) -> None:
        """GlobalAveragePool: the sum over the line's columns, over their share of the frame."""
        share = self.make("GlobalAveragePool", [mask], f"{mask}.share")
        result = node.output[0]
        node.input[0] = self.masked(node.input[0], mask)
        node.output[0] = f"{PREFIX}{result}.frame"
        self.nodes.append(node)
        self.nodes.append(helper.make_node("Div", [node.output[0], share], [result]))

    def attention(self, node: onnx.NodeProto, mask: str) -> None:
        """A softmax over keys: those of padding get no weight."""
        above = self.make("Sub", [mask, self.number(1)], f"{mask}.less")
        bias = self.make("Mul", [above, self.number(NO_WEIGHT)], f"{mask}.bias")
        node.input[0] = self.make("Add", [node.input[0], bias], f"{node.input[0]}.line")

    def blank_padding(self, node: onnx.NodeProto, mask: str) -> None:
        """The last layer sees 0 in padding, and answers with its largest bias."""
        adds = [n for n in self.model.graph.node if n.op_type == "Add" and node.output[0] in n.input]
        biases = [self.constants[name] for n in adds for name in n.input if name in self.constants]
        if len(biases) != 1 or biases[0].argmax() != 0:
            raise NotNeutral(f"{_where(node)}: its bias does not favour the blank")
        if self.opset >= 13:
            flat = self.make("Squeeze", [mask, self.constant("axis", np.array([2]))], f"{mask}.flat")
        else:
            flat = self.make("Squeeze", [mask], f"{mask}.flat", axes=[2])
        steps = self.make("Transpose", [flat], f"{mask}.steps", perm=[0, 2, 1])
        node.input[0] = self.masked(node.input[0], steps)


def _constants(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    found = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    for node in model.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value":
                found[node.output[0]] = numpy_helper.to_array(attribute.t)
    return found


def make_neutral(model: onnx.ModelProto) -> None:
    """Rewrites 'model' in place; NotNeutral leaves it unusable."""
    weights = {tensor.name for tensor in model.graph.initializer}
    images = [value.name for value in model.graph.input if value.name not in weights]
    opset = {entry.domain: entry.version for entry in model.opset_import}.get("", 0)
    if len(images) != 1 or opset not in OPSETS:
        raise NotNeutral(
            f"{len(images)} inputs in opset {opset}; one is wanted, in opset {OPSETS.start} to "
            f"{OPSETS.stop - 1}"
        )
    work = _Rewriting(model, opset, _constants(model))
    work.mask_of[images[0]] = work.find_padding(images[0])
    last_matrix = [n for n in model.graph.node if n.op_type == "MatMul"][-1:]
    last_softmax = [n for n in model.graph.node if n.op_type == "Softmax"][-1:]
    for node in list(model.graph.node):
        mask = work.column_mask(node)
        if mask is None or node.op_type in SHAPES:
            work.nodes.append(node)
            continue
        after: str | None = mask
        if node.op_type in ("Conv", "AveragePool", "MaxPool"):
            after = work.window(node, mask)
        elif node.op_type == "GlobalAveragePool":
            work.whole_mean(node, mask)
            continue
        elif node.op_type == "Softmax":
            if node not in last_softmax:
                work.attention(node, mask)
        elif node.op_type == "MatMul":
            if node in last_matrix:
                work.blank_padding(node, mask)
        elif node.op_type not in COLUMN_WISE:
            raise NotNeutral(f"{_where(node)}: not known to keep columns apart")
        work.nodes.append(node)
        for name in node.output:
            work.mask_of[name] = after
    del model.graph.node[:]
    model.graph.node.extend(work.nodes)
    onnx.checker.check_model(model)


def main(argv: Sequence[str]) -> int:
    if len(argv) != 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    source, target = map(pathlib.Path, argv)
    try:
        model = onnx.load(str(source))
        make_neutral(model)
    except (OSError, NotNeutral) as error:
        print(f"neutral_padding: {source}: {error}", file=sys.stderr)
        return 1
    new = target.with_name(target.name + ".new")
    onnx.save(model, str(new))
    new.rename(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
