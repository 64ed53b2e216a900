# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""How the stubs of the wire contract come to be."""

from __future__ import annotations

import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4] / "client/python"))

import generate  # noqa: E402


class GenerateTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.out = folder / "omserve/v1"
        self.enterContext(mock.patch.object(generate, "HERE", folder))
        self.enterContext(mock.patch.object(generate, "OUT", self.out))

    def test_writes_once_and_again_when_a_source_is_newer(self) -> None:
        generate.generate()
        stub = self.out / "vision_pb2_grpc.py"
        self.assertIn("class VisionStub", stub.read_text())
        stub.write_text("kept")
        generate.generate()
        self.assertEqual(stub.read_text(), "kept")
        os.utime(stub, (0, 0))
        generate.generate()
        self.assertIn("class VisionStub", stub.read_text())

    def test_says_what_to_install(self) -> None:
        with (
            mock.patch("shutil.which", return_value=None),
            mock.patch("importlib.util.find_spec", return_value=None),
            self.assertRaisesRegex(SystemExit, "protobuf-compiler-grpc"),
        ):
            generate.generate()

    def test_takes_grpcio_tools_where_there_is_no_protoc(self) -> None:
        with (
            mock.patch("shutil.which", return_value=None),
            mock.patch("importlib.util.find_spec", return_value=object()),
        ):
            self.assertIn("grpc_tools.protoc", generate.command())

    def test_outside_a_checkout(self) -> None:
        with (
            mock.patch.object(generate, "PROTO", pathlib.Path("/nowhere")),
            contextlib.redirect_stderr(io.StringIO()),
            self.assertRaisesRegex(SystemExit, "from a checkout"),
        ):
            generate.generate()


if __name__ == "__main__":
    unittest.main()
