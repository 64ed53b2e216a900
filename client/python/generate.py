# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Generates omserve/v1 from proto/: the messages and stubs of the wire contract.

usage: generate.py        Does nothing when the result is newer than its sources.

With protoc and grpc_python_plugin where they are installed (Debian: protobuf-compiler,
protobuf-compiler-grpc), else with the Python package grpcio-tools. Nothing generated is committed.
"""

from __future__ import annotations

import importlib.util
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROTO = HERE.parents[1] / "proto"
OUT = HERE / "omserve/v1"
HEAD = (
    "# SPDX-FileCopyrightText: The omserve authors\n# SPDX-License-Identifier: Apache-2.0\n"
    '"""Generated from proto/omserve/v1 by client/python/generate.py."""\n'
)


def has_protoc() -> bool:
    """Whether the programs protoc and grpc_python_plugin are installed."""
    return bool(shutil.which("protoc") and shutil.which("grpc_python_plugin"))


def command() -> list[str]:
    """The compiler's command line, without the files."""
    outputs = [f"-I{PROTO}", f"--python_out={HERE}", f"--grpc_python_out={HERE}"]
    if has_protoc():
        plugin = shutil.which("grpc_python_plugin")
        return ["protoc", f"--plugin=protoc-gen-grpc_python={plugin}", *outputs]
    if importlib.util.find_spec("grpc_tools"):
        return [sys.executable, "-m", "grpc_tools.protoc", *outputs]
    raise SystemExit(
        "generate.py: found neither protoc with grpc_python_plugin nor the Python package "
        "grpcio-tools; install one: apt-get install protobuf-compiler protobuf-compiler-grpc, or "
        "pip install grpcio-tools"
    )


def generate() -> None:
    """Writes omserve/v1 if a source is newer. SystemExit says what is missing."""
    source = PROTO / "omserve/v1/vision.proto"
    if not source.is_file():
        raise SystemExit(f"generate.py: {source} is not there; install from a checkout of omserve")
    made = [OUT / "vision_pb2.py", OUT / "vision_pb2_grpc.py", OUT / "__init__.py"]
    newest = max(source.stat().st_mtime, pathlib.Path(__file__).stat().st_mtime)
    if all(path.is_file() and path.stat().st_mtime >= newest for path in made):
        return
    OUT.mkdir(parents=True, exist_ok=True)
    subprocess.run([*command(), str(source)], check=True)
    (OUT / "__init__.py").write_text(HEAD)


if __name__ == "__main__":
    generate()
