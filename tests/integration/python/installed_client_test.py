# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The C++ client library as others get it: installed, found by CMake, linked, and asked of a real server."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

from deploy.with_server import ROOT, running_server

BUILD = ROOT / "build/release"
TOKEN = "0123456789abcdef0123456789abcdef"
PICTURE = ROOT / "models/samples/scene_3.jpg"


def local_name() -> str:
    """localhost, where a bare root has its name."""
    try:
        socket.getaddrinfo("localhost", None, socket.AF_INET)
    except OSError:
        return "127.0.0.1"
    return "localhost"


def run(*command: str | pathlib.Path, limit: float = 300) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=limit)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def make_certificate(folder: pathlib.Path) -> None:
    """tls.crt, which is its own authority, and tls.key, for localhost."""
    run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout", folder / "tls.key", "-out", folder / "tls.crt",
    )  # fmt: skip


class InstalledClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="omserve-install-")))
        prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--component", "omserve_client", "--prefix", prefix)
        cls.installed = sorted(str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file())
        # Away from the checkout, so that nothing of it can be found by accident.
        outside = cls.folder / "outside"
        shutil.copytree(ROOT / "tests/install/outside", outside)
        run(
            "cmake", "-G", "Ninja", "-S", outside, "-B", cls.folder / "build", "-DCMAKE_CXX_COMPILER=clang++-19",
            f"-DCMAKE_PREFIX_PATH={prefix}",
        )  # fmt: skip
        run("cmake", "--build", cls.folder / "build")
        make_certificate(cls.folder)
        (cls.folder / "tokens").write_text(f"outside infer {TOKEN}\n")
        (cls.folder / "token").write_text(f"{TOKEN}\n")
        config = (
            f'cache_dir: "{ROOT / "build/gear_costs"}"\nsecurity {{ tokens: "{cls.folder}/tokens"\n'
            f'  tls {{ certificate: "{cls.folder}/tls.crt" private_key: "{cls.folder}/tls.key" }} }}\n'
        )
        cls.server = stack.enter_context(running_server(BUILD, BUILD / "test_models", 1, config_text=config))

    def ask(self, target: str, token: str = "token") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.folder / "build/ask"), target, str(self.folder / "tls.crt"), str(self.folder / token), str(PICTURE)],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def test_an_outside_program_is_served(self) -> None:
        done = self.ask(f"dns:///{local_name()}:{self.server.ports['grpc']}")
        self.assertEqual(done.returncode, 0, done.stderr)
        words = dict(line.split() for line in done.stdout.splitlines())
        self.assertGreater(int(words["future"]), 2)
        self.assertEqual(words["callback"], words["future"])
        self.assertEqual(words["stream"], "1")

    def test_a_wrong_token_is_told(self) -> None:
        (self.folder / "wrong").write_text("x" * 40)
        done = self.ask(self.server.address, "wrong")
        self.assertEqual(done.returncode, 1)
        self.assertIn("UNAUTHENTICATED: the bearer token is not known here", done.stderr)

    def test_the_tools_are_let_in_by_the_same_files(self) -> None:
        access = ("--tls-ca", str(self.folder / "tls.crt"), "--token-file", str(self.folder / "token"))
        client = str(BUILD / "bin/omserve-client")
        models = run(client, "--server", self.server.address, *access, "models")
        self.assertIn("vitdet", models)
        stats = subprocess.run(
            [client, "--control", self.server.control, *access, "stats"], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(stats.returncode, 1)
        self.assertIn("PERMISSION_DENIED", stats.stderr)
        load = run(
            BUILD / "bin/omserve-loadtest", "--server", self.server.address, *access, "--images", PICTURE,
            "--requests", "4", "--in-flight", "2", "--no-progress",
        )  # fmt: skip
        self.assertIn("4", load)

    def test_only_the_library_is_installed(self) -> None:
        wanted = {
            "include/omserve/client/client.h", "include/omserve/v1/vision.pb.h", "include/omserve/v1/control.grpc.pb.h"
        }  # fmt: skip
        self.assertLessEqual(wanted, set(self.installed))
        self.assertFalse([name for name in self.installed if "server" in name or name.startswith("bin/")])


if __name__ == "__main__":
    unittest.main()
