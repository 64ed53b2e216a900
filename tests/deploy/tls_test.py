# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A real server with `security` as the TLS overlay carries it, and the secret as the kubelet lays it out."""

from __future__ import annotations

import contextlib
import pathlib
import re
import socket
import ssl
import tempfile
import time
import unittest
from collections.abc import Iterator
from urllib.request import urlopen

import grpc
from omserve.v1 import vision_pb2 as pb
from omserve.v1 import vision_pb2_grpc

from deploy.with_server import ROOT, running_server
from tests.deploy import certificates, rendering
from tests.deploy.monitored import BUILD, MODELS
from tests.deploy.pods import pods
from tests.deploy.prometheus import RULES, wait_until

CACHE = f'cache_dir: "{ROOT / "build/gear_costs"}"\n'
EXPIRY = "omserve_certificate_expiry_timestamp_seconds"
DAY = 86400


def configuration(secret: pathlib.Path) -> str:
    """The overlay's `security`, with the secret's other place and more frequent looks at it."""
    objects = rendering.overlay("overlays/ascend310p-tls")
    text = next(found["data"]["server.pbtxt"] for found in objects if "server.pbtxt" in found.get("data", {}))
    mounted = next(mount for mount in next(pods(objects)).server["volumeMounts"] if mount["name"] == "tls")
    security = text[text.index("security {") :]
    assert security.count(f'"{mounted["mountPath"]}/') == 3, security
    security = security.replace(mounted["mountPath"], str(secret))
    return security.replace("security {", "security {\n  reload_ms: 100", 1)


class MutualTls(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="omserve-tls-")))
        certificates.make_authority(cls.folder)
        certificates.sign(cls.folder, "client", days=1)
        certificates.sign(cls.folder, "first", days=10)
        cls.secret = cls.folder / "secret"
        certificates.lay_out(cls.secret, cls.folder, "first")
        text = CACHE + configuration(cls.secret)
        cls.server = stack.enter_context(running_server(BUILD, MODELS, 1, config_text=text))

    def channel(self, stack: contextlib.ExitStack, who: str | None) -> grpc.Channel:
        key, certificate = (None, None)
        if who:
            key, certificate = ((self.folder / f"{who}.{kind}").read_bytes() for kind in ("key", "crt"))
        credentials = grpc.ssl_channel_credentials((self.folder / "ca.crt").read_bytes(), key, certificate)
        address = f"localhost:{self.server.ports['grpc']}"
        return stack.enter_context(grpc.secure_channel(address, credentials))

    def stub(self, stack: contextlib.ExitStack, who: str | None) -> vision_pb2_grpc.VisionStub:
        return vision_pb2_grpc.VisionStub(self.channel(stack, who))

    def detect(self, stub: vision_pb2_grpc.VisionStub) -> int:
        picture = (ROOT / "models/samples/scene_3.jpg").read_bytes()
        return len(stub.Detect(pb.DetectRequest(image=pb.Image(encoded=picture)), timeout=60).detections)

    def served(self) -> str:
        """The serial number of the certificate that a new connection gets."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        context.load_cert_chain(str(self.folder / "client.crt"), str(self.folder / "client.key"))
        context.set_alpn_protocols(["h2"])
        with socket.create_connection(("localhost", self.server.ports["grpc"]), timeout=20) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                return str((secure.getpeercert() or {})["serialNumber"])

    def expiry(self) -> dict[str, float]:
        """Seconds from now, by file."""
        with urlopen(f"http://127.0.0.1:{self.server.ports['metrics']}/metrics", timeout=20) as answer:
            text = answer.read().decode()
        return {file: float(value) - time.time() for file, value in re.findall(rf'^{EXPIRY}{{.*?file="(\w+)".*?}} (\S+)$', text, re.M)}

    def test_known_client_is_served(self) -> None:
        with contextlib.ExitStack() as stack:
            self.assertGreater(self.detect(self.stub(stack, "client")), 2)

    def test_others_are_not(self) -> None:
        for who in (None, "stranger"):
            with self.subTest(who=who), contextlib.ExitStack() as stack:
                with self.assertRaises(grpc.RpcError) as raised:
                    self.stub(stack, who).ListModels(pb.ListModelsRequest(), timeout=20)
                self.assertEqual(raised.exception.code(), grpc.StatusCode.UNAVAILABLE)

    def test_plain_text_is_not_spoken(self) -> None:
        with grpc.insecure_channel(self.server.address) as channel, self.assertRaises(grpc.RpcError):
            vision_pb2_grpc.VisionStub(channel).ListModels(pb.ListModelsRequest(), timeout=20)

    def test_the_kubelet_asks_the_health_port_in_plain_text(self) -> None:
        with grpc.insecure_channel(f"127.0.0.1:{self.server.ports['health']}") as channel:
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            for service in (b"readiness", b"liveness"):
                asked = b"\x0a" + bytes([len(service)]) + service  # HealthCheckRequest.service
                self.assertEqual(check(asked, timeout=20), b"\x08\x01", "SERVING")

    def test_errors_of_the_server_come_through(self) -> None:
        with contextlib.ExitStack() as stack, self.assertRaises(grpc.RpcError) as raised:
            self.stub(stack, "client").Detect(pb.DetectRequest(image=pb.Image(encoded=b"x")), timeout=60)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_a_stream_may_be_larger_than_a_message(self) -> None:
        side, count = 1600, 6  # 7.7 MB a frame, 46 MB in all
        frame = pb.DetectRequest(
            image=pb.Image(raw=pb.RawPixels(width=side, height=side, order=pb.RawPixels.ORDER_RGB, pixels=bytes(side * side * 3)))
        )

        def frames() -> Iterator[pb.DetectRequest]:
            for _ in range(count):
                yield frame

        with contextlib.ExitStack() as stack:
            answers = list(self.stub(stack, "client").DetectStream(frames(), timeout=120))
        self.assertEqual(answers[-1].frame, count)

    def test_a_renewed_secret_is_taken_while_connections_stay(self) -> None:
        alerts = re.findall(rf"{EXPIRY}\S* - time\(\) < (\d+) \* 86400", RULES.read_text())
        self.assertEqual(alerts, ["14"], "the alert that the first certificate would fire, and the second would not")
        first = self.served()
        self.assertAlmostEqual(self.expiry()["certificate"], 10 * DAY, delta=600)
        with contextlib.ExitStack() as stack:
            stub = self.stub(stack, "client")
            self.detect(stub)
            certificates.sign(self.folder, "second", days=90)
            certificates.lay_out(self.secret, self.folder, "second")
            wait_until("the new certificate is served", lambda: self.served() != first)
            self.assertAlmostEqual(self.expiry()["certificate"], 90 * DAY, delta=600)
            self.assertGreater(self.detect(stub), 2, "over the connection of before")
        with contextlib.ExitStack() as stack:
            self.assertGreater(self.detect(self.stub(stack, "client")), 2)


if __name__ == "__main__":
    unittest.main()
