# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Traffic of all kinds for a while: pictures, features, video, mistakes, calls that run out of time."""

from __future__ import annotations

import concurrent.futures
import time
from collections import Counter
from collections.abc import Callable, Iterator

import grpc
from omserve.v1 import vision_pb2 as pb
from omserve.v1 import vision_pb2_grpc

from tests.deploy.rendering import ROOT

SAMPLES = ROOT / "models/samples"
MAX_CALLS = 100_000


def _picture(name: str) -> pb.Image:
    return pb.Image(encoded=(SAMPLES / name).read_bytes())


def _repeat(until: float, call: Callable[[], object]) -> Counter[str]:
    """Calls one after the other; what became of them, by code."""
    ended: Counter[str] = Counter()
    for _ in range(MAX_CALLS):
        if time.monotonic() >= until:
            break
        try:
            call()
            ended["OK"] += 1
        except grpc.RpcError as error:
            ended[error.code().name] += 1
    return ended


def _stream(stub: vision_pb2_grpc.VisionStub, until: float) -> Counter[str]:
    """Frames faster than they can be answered, so that newer ones replace older ones."""
    frame = pb.DetectRequest(image=_picture("scene_1.jpg"))

    def frames() -> Iterator[pb.DetectRequest]:
        for _ in range(MAX_CALLS):
            if time.monotonic() >= until:
                return
            yield frame
            time.sleep(0.01)

    ended: Counter[str] = Counter()
    for answer in stub.DetectStream(frames(), timeout=120):
        ended["frame OK" if answer.WhichOneof("outcome") == "response" else "frame failed"] += 1
        ended["frames dropped"] += answer.dropped
    return ended


def send(server: str, seconds: float) -> Counter[str]:
    """For that long, to host:port; blocks."""
    scene = pb.DetectRequest(image=_picture("scene_2.jpg"))
    garment = pb.EmbedRequest(image=_picture("garment_1.png"))
    broken = pb.DetectRequest(image=pb.Image(encoded=b"no picture"))
    until = time.monotonic() + seconds
    with grpc.insecure_channel(server) as channel:
        stub = vision_pb2_grpc.VisionStub(channel)
        hurry = [("omserve-budget-ms", "1")]

        def make_a_mistake() -> None:
            time.sleep(0.05)
            stub.Detect(broken, timeout=30)

        def hurry_up() -> None:
            time.sleep(0.05)
            stub.Detect(scene, timeout=30, metadata=hurry)

        calls = [lambda: stub.Detect(scene, timeout=30)] * 4 + [lambda: stub.Embed(garment, timeout=30)] * 2
        with concurrent.futures.ThreadPoolExecutor(max_workers=12) as pool:
            futures = [pool.submit(_repeat, until, call) for call in [*calls, make_a_mistake, hurry_up]]
            futures.append(pool.submit(_stream, stub, until))
            return sum((future.result(timeout=seconds + 120) for future in futures), Counter())
