# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A folder for PYTHONPATH with the engine's Python package and nothing else that lies beside it."""

from __future__ import annotations

import pathlib

from deploy.with_server import ROOT


def openvino_path() -> pathlib.Path:
    folder = ROOT / "build/bench/python"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "openvino"
    if not link.is_symlink():
        link.symlink_to(ROOT / "build/deps/openvino")
    return folder
