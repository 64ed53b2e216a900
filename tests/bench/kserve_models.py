# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A model that gives back what it gets, for measuring and testing what is around models."""

from __future__ import annotations

import pathlib

from onnx import helper

from tests.bench.sched_models import compile_om

STAGE = "internvit"  # the only stage of the kind of pipeline that has one input


def identity_model(
    models: pathlib.Path,
    name: str = "identity",
    floats: int = 256,
    gears: tuple[int, ...] = (1, 2, 4, 8),
) -> str:
    """models/NAME: INPUT0 FP32 [N,floats] to OUTPUT0, as it is. The name of its KServe model."""
    folder = models / name
    folder.mkdir(parents=True)
    nodes = [helper.make_node("Identity", ["INPUT0"], ["OUTPUT0"])]
    om = folder / f"{STAGE}.om"
    compile_om(om, nodes, [], {"INPUT0": [floats]}, {"OUTPUT0": [floats]}, list(gears),
               "Ascend910B3")
    (folder / "pipeline.pbtxt").write_text(
        f'name: "{name}"\nversion: "1"\n'
        f'stages {{\n  name: "{STAGE}" om_file: "{STAGE}.om"\n'
        '  inputs: "INPUT0" outputs: "OUTPUT0"\n  max_queue_items: 100000\n}\n'
        "internvit { image_size: 16 }\n"
    )
    return f"{name}.{STAGE}"
