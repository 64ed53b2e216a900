# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The TLS overlay's nginx, with the very configuration that the overlay carries, before a real server."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import tempfile
import time
import unittest
from collections.abc import Iterator

import grpc
from omserve.v1 import vision_pb2 as pb
from omserve.v1 import vision_pb2_grpc

from deploy.with_server import ROOT, running_server
from tests.deploy import rendering
from tests.deploy.monitored import BUILD, MODELS
from tests.deploy.prometheus import free_port, wait_until

NGINX = ROOT / "build/deps/nginx/usr/sbin/nginx"
CACHE = f'cache_dir: "{ROOT / "build/gear_costs"}"\n'


def _openssl(folder: pathlib.Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def make_certificates(folder: pathlib.Path) -> None:
    """ca.crt, and what it signed: tls.{crt,key} for localhost, client.{crt,key}; stranger.{crt,key} it did not."""
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(folder, "req", "-x509", *key, "-subj", "/CN=ca", "-days", "1", "-keyout", "ca.key", "-out", "ca.crt")
    _openssl(folder, "req", "-x509", *key, *subject, "-days", "1", "-keyout", "stranger.key", "-out", "stranger.crt")
    for name in ("tls", "client"):
        _openssl(folder, "req", *key, *subject, "-keyout", f"{name}.key", "-out", f"{name}.csr")
        _openssl(
            folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
            "-copy_extensions", "copy", "-days", "1", "-out", f"{name}.crt",
        )  # fmt: skip


def configuration(folder: pathlib.Path, port: int, server: str) -> str:
    """The overlay's, with other places."""
    objects = rendering.overlay("overlays/ascend310p-tls")
    text = next(found["data"]["nginx.conf"] for found in objects if "nginx.conf" in found.get("data", {}))
    places = {
        " /tmp/": f" {folder}/",
        "/etc/omserve-secret/": f"{folder}/",
        "listen 8443 ": f"listen 127.0.0.1:{port} ",
        "127.0.0.1:8500": server,
    }
    for old, new in places.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


class MutualTls(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="omserve-tls-")))
        make_certificates(cls.folder)
        server = stack.enter_context(running_server(BUILD, MODELS, 1, config_text=CACHE))
        cls.port = free_port()
        config = cls.folder / "nginx.conf"
        config.write_text(configuration(cls.folder, cls.port, server.address))
        log = stack.enter_context((cls.folder / "stderr").open("w"))
        process = subprocess.Popen(
            [str(NGINX), "-p", str(cls.folder), "-c", str(config), "-g", "daemon off;"],
            stdout=log, stderr=log,
        )  # fmt: skip
        stack.callback(lambda: (process.terminate(), process.wait(timeout=30)))
        wait_until("nginx is there", lambda: (cls.folder / "nginx.pid").exists() or process.poll() is not None)
        assert process.poll() is None, (cls.folder / "stderr").read_text()

    def stub(self, stack: contextlib.ExitStack, who: str | None) -> vision_pb2_grpc.VisionStub:
        key, certificate = (None, None)
        if who:
            key, certificate = ((self.folder / f"{who}.{kind}").read_bytes() for kind in ("key", "crt"))
        credentials = grpc.ssl_channel_credentials((self.folder / "ca.crt").read_bytes(), key, certificate)
        channel = grpc.secure_channel(f"localhost:{self.port}", credentials)
        return vision_pb2_grpc.VisionStub(stack.enter_context(channel))

    def test_known_client_is_served(self) -> None:
        picture = (ROOT / "models/samples/scene_3.jpg").read_bytes()
        with contextlib.ExitStack() as stack:
            answer = self.stub(stack, "client").Detect(pb.DetectRequest(image=pb.Image(encoded=picture)), timeout=60)
        self.assertGreater(len(answer.detections), 2)

    def test_others_are_not(self) -> None:
        for who in (None, "stranger"):
            with self.subTest(who=who), contextlib.ExitStack() as stack:
                with self.assertRaises(grpc.RpcError):
                    self.stub(stack, who).ListModels(pb.ListModelsRequest(), timeout=20)

    def test_errors_of_the_server_come_through(self) -> None:
        with contextlib.ExitStack() as stack, self.assertRaises(grpc.RpcError) as raised:
            self.stub(stack, "client").Detect(pb.DetectRequest(image=pb.Image(encoded=b"x")), timeout=60)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_a_stream_may_be_larger_than_a_message(self) -> None:
        side, count = 1600, 6  # 7.7 MB a frame, 46 MB in all
        frame = pb.DetectRequest(
            image=pb.Image(raw=pb.RawPixels(width=side, height=side, order=pb.RawPixels.ORDER_RGB, pixels=bytes(side * side * 3)))
        )
        asked = iter(range(count))

        def frames() -> Iterator[pb.DetectRequest]:
            for _ in asked:
                yield frame
                time.sleep(0.2)

        with contextlib.ExitStack() as stack:
            answers = list(self.stub(stack, "client").DetectStream(frames(), timeout=120))
        self.assertEqual(answers[-1].frame, count)


if __name__ == "__main__":
    unittest.main()
