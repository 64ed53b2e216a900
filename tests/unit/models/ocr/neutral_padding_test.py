# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A rewritten recognition graph answers a padded line as the original answers the line alone."""

from __future__ import annotations

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.ocr import neutral_padding
from models.ocr.neutral_padding import NotNeutral, make_neutral

ROOT = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "build/deps"))  # the wheel of deploy/openvino.txt

import openvino  # noqa: E402

CHANNELS, CLASSES, GEAR = 8, 6, 64


def graph(**changes: object) -> onnx.ModelProto:
    """Recognition as in PP-OCRv4, small: strides 2, 2 and an average of 2 columns, squeeze and
    excite, attention, and a layer of classes whose largest bias is the blank's."""
    rng = np.random.default_rng(7)
    weights: dict[str, np.ndarray] = {}
    nodes: list[onnx.NodeProto] = []

    def weight(name: str, *shape: int) -> str:
        weights[name] = rng.normal(0, 0.6, shape).astype(np.float32)
        return name

    def add(op: str, inputs: list[str], name: str, **attributes: object) -> str:
        nodes.append(helper.make_node(op, inputs, [name], name=f"node_{name}", **attributes))
        return name

    def conv(x: str, name: str, size: list[int], stride: list[int], group: int = 1) -> str:
        into = 3 if x == "x" else CHANNELS
        pads = [size[0] // 2, size[1] // 2] * 2
        kernel = weight(f"{name}.w", CHANNELS, into // group, *size)
        bias = weight(f"{name}.b", CHANNELS)
        return add(
            "Conv", [x, kernel, bias], name,
            kernel_shape=size, strides=stride, pads=pads, group=group,
        )  # fmt: skip

    y = add("Relu", [conv("x", "stem", [3, 3], [2, 2])], "relu")
    y = conv(y, "deep", [5, 5], [2, 2], group=CHANNELS)
    scale = add("GlobalAveragePool", [y], "squeeze")
    scale = add("Sigmoid", [conv(scale, "excite", [1, 1], [1, 1])], "gate")
    y = add("Mul", [y, scale], "excited")
    y = add(
        "AveragePool", [y], "columns",
        kernel_shape=[12, 2], strides=[12, 2], **changes.get("pool", {}),
    )  # fmt: skip
    y = add("Transpose", [add("Squeeze", [y], "flat", axes=[2])], "steps", perm=[0, 2, 1])
    keys = add("Transpose", [y], "keys", perm=[0, 2, 1])
    scores = add("MatMul", [y, keys], "scores")
    scores = add("Unsqueeze", [scores], "heads", axes=[1])
    focus = add("Squeeze", [add("Softmax", [scores], "soft", axis=3)], "focus", axes=[1])
    y = add("MatMul", [focus, y], "mixed")
    y = add(changes.get("operator", "Tanh"), [y], "tanh")
    y = add("MatMul", [y, weight("classes.w", CHANNELS, CLASSES)], "logits")
    weight("classes.b", CLASSES)
    weights["classes.b"][changes.get("largest_bias", 0)] = 4
    y = add("Add", [y, "classes.b"], "biased")
    add("Softmax", [y], "answer", axis=2)
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "recognition",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 48, "w"])],
            [helper.make_tensor_value_info("answer", TensorProto.FLOAT, ["n", "t", CLASSES])],
            [numpy_helper.from_array(value, name) for name, value in weights.items()],
        ),
        opset_imports=[helper.make_opsetid("", changes.get("opset", 12))],
    )
    model.ir_version = 7
    return model


def answer(model: onnx.ModelProto, lines: np.ndarray) -> np.ndarray:
    core = openvino.Core()
    read = core.read_model(model.SerializeToString())
    read.reshape(list(lines.shape))
    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    return core.compile_model(read, "CPU", options)({0: lines})[0]


def line(width: int, seed: int = 1) -> np.ndarray:
    """Pixels as they are normalised: no level is 0."""
    levels = np.random.default_rng(seed).integers(0, 256, (1, 3, 48, width))
    return ((levels / 255 - 0.5) / 0.5).astype(np.float32)


def padded(pixels: np.ndarray) -> np.ndarray:
    return np.pad(pixels, ((0, 0), (0, 0), (0, 0), (0, GEAR - pixels.shape[3])))


class NeutralPaddingTest(unittest.TestCase):
    def setUp(self) -> None:
        self.plain = graph()
        self.neutral = graph()
        make_neutral(self.neutral)

    def test_a_padded_line_is_read_as_at_its_own_width(self) -> None:
        for width in range(41, 49):  # each rest of a division by the 8 columns of a step
            alone = answer(self.plain, line(width))
            in_gear = answer(self.neutral, padded(line(width)))
            steps = alone.shape[1]
            np.testing.assert_allclose(in_gear[:, :steps], alone, atol=2e-5, err_msg=str(width))
            self.assertFalse(in_gear[:, steps:].argmax(-1).any(), f"{width}: padding is no blank")

    def test_without_the_rewriting_padding_matters(self) -> None:
        alone = answer(self.plain, line(41))
        in_gear = answer(self.plain, padded(line(41)))
        self.assertGreater(np.abs(in_gear[:, : alone.shape[1]] - alone).max(), 0.001)

    def test_lines_of_different_widths_share_a_batch(self) -> None:
        lines = [line(41, seed=2), line(GEAR, seed=3)]
        together = answer(self.neutral, np.concatenate([padded(one) for one in lines]))
        for one, row in zip(lines, together, strict=True):
            alone = answer(self.plain, one)[0]
            np.testing.assert_allclose(row[: len(alone)], alone, atol=2e-5)

    def test_the_darkest_and_the_mid_grey_are_no_padding(self) -> None:
        for level in (127, 128):  # next to 0 when normalised
            pixels = np.full((1, 3, 48, GEAR), (level / 255 - 0.5) / 0.5, np.float32)
            np.testing.assert_allclose(
                answer(self.neutral, pixels), answer(self.plain, pixels), atol=2e-5
            )

    def test_names_what_it_cannot_follow(self) -> None:
        for changes, words in (
            ({"operator": "Neg"}, "Neg node_tanh: not known"),
            ({"opset": 10}, "opset 10; one is wanted, in opset 11 to 17"),
            ({"largest_bias": 2}, "node_logits: its bias does not favour the blank"),
            ({"pool": {"ceil_mode": 1}}, "node_columns: ceil_mode"),
            ({"pool": {"pads": [0, 1, 0, 0]}}, "node_columns"),
            ({"pool": {"auto_pad": "SAME_UPPER"}}, "node_columns: auto_pad"),
        ):
            with self.subTest(changes), self.assertRaisesRegex(NotNeutral, words):
                make_neutral(graph(**changes))

    def test_the_program_writes_whole_files_or_none(self) -> None:
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        source, target = folder / "in.onnx", folder / "out.onnx"
        err = io.StringIO()
        with contextlib.redirect_stderr(err):
            self.assertEqual(neutral_padding.main([str(source)]), 2)
            self.assertEqual(neutral_padding.main([str(source), str(target)]), 1)
            onnx.save(graph(operator="Neg"), str(source))
            self.assertEqual(neutral_padding.main([str(source), str(target)]), 1)
        self.assertIn("Neg node_tanh", err.getvalue())
        self.assertFalse(target.exists())
        onnx.save(graph(), str(source))
        self.assertEqual(neutral_padding.main([str(source), str(target)]), 0)
        self.assertEqual([path.name for path in folder.glob("out*")], ["out.onnx"])


if __name__ == "__main__":
    unittest.main()
