# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What a person with a shell does: grpcurl, which knows no message of ours and asks for them by reflection."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import unittest

from deploy.with_server import ROOT, running_server
from tests.deploy.monitored import BUILD, MODELS

PROGRAM = ROOT / "build/deps/cluster/grpcurl"
PICTURE = ROOT / "models/samples/scene_3.jpg"
KSERVE = "inference.GRPCInferenceService"


class Grpcurl(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cache = f'cache_dir: "{ROOT / "build/gear_costs"}"\n'
        cls.server = stack.enter_context(running_server(BUILD, MODELS, 1, config_text=cache))

    def grpcurl(self, *words: str, address: str | None = None, data: dict | None = None) -> str:
        command = [str(PROGRAM), "-plaintext", "-max-time", "60"]
        if data is not None:
            command += ["-d", "@"]
        done = subprocess.run(
            [*command, address or self.server.address, *words],
            input=None if data is None else json.dumps(data),
            capture_output=True,
            text=True,
            timeout=90,
        )
        self.status = done.stderr
        return done.stdout

    def call(self, method: str, data: dict | None = None, **options: str) -> dict:
        answer = self.grpcurl(method, data=data or {}, **options)
        self.assertTrue(answer, f"{method}: {self.status}")
        return json.loads(answer)

    def test_it_lists_and_describes_everything(self) -> None:
        services = self.grpcurl("list").split()
        self.assertIn(KSERVE, services)
        self.assertIn("omserve.v1.Vision", services)
        self.assertIn("grpc.health.v1.Health", services)
        for service in services:
            with self.subTest(service):
                methods = self.grpcurl("list", service).split()
                self.assertTrue(methods, self.status)
                for method in methods:
                    described = self.grpcurl("describe", method.replace("/", "."))
                    self.assertIn("rpc ", described, self.status)

    def test_it_calls_them(self) -> None:
        self.assertEqual(self.call("grpc.health.v1.Health/Check"), {"status": "SERVING"})
        self.assertEqual(self.call(f"{KSERVE}/ServerReady"), {"ready": True})
        picture = base64.b64encode(PICTURE.read_bytes()).decode()
        found = self.call("omserve.v1.Vision/Detect", {"model": "vitdet", "image": {"encoded": picture}})
        self.assertTrue(found["detections"])
        names = {model["name"] for model in self.call(f"{KSERVE}/RepositoryIndex")["models"]}
        self.assertIn("vitdet", names)
        model = self.call(f"{KSERVE}/ModelMetadata", {"name": "internvit"})
        self.assertTrue(model["inputs"])

    def test_refusals_have_their_codes(self) -> None:
        self.assertEqual(self.grpcurl(f"{KSERVE}/ModelMetadata", data={"name": "none"}), "")
        self.assertIn("Code: NotFound", self.status)
        self.assertEqual(self.grpcurl(f"{KSERVE}/RepositoryModelUnload", data={"model_name": "vitdet"}), "")
        self.assertIn("Code: PermissionDenied", self.status)

    def test_the_control_port_has_the_rest(self) -> None:
        services = self.grpcurl("list", address=self.server.control).split()
        self.assertIn("omserve.v1.Control", services)


if __name__ == "__main__":
    unittest.main()
