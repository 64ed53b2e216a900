# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""An omserve that answers what a test wants, in this process, on a free port."""

from __future__ import annotations

import concurrent.futures
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from omserve.v1 import vision_pb2 as pb
from omserve.v1 import vision_pb2_grpc


class FakeVision(vision_pb2_grpc.VisionServicer):
    """Keeps the last request and its metadata. 'answer' makes the response, or aborts the call."""

    def __init__(self) -> None:
        self.address = ""
        self.requests: list[Any] = []
        self.metadata: dict[str, str] = {}
        self.time_remaining = 0.0
        self.answer: Callable[[Any, grpc.ServicerContext], Any] | None = None

    def _respond(self, request: Any, context: grpc.ServicerContext, default: Any) -> Any:
        self.requests.append(request)
        self.metadata = dict(context.invocation_metadata())
        self.time_remaining = context.time_remaining()
        return self.answer(request, context) if self.answer else default

    def Detect(self, request: pb.DetectRequest, context: grpc.ServicerContext):
        return self._respond(request, context, pb.DetectResponse())

    def Embed(self, request: pb.EmbedRequest, context: grpc.ServicerContext):
        return self._respond(request, context, pb.EmbedResponse())

    def ReadText(self, request: pb.ReadTextRequest, context: grpc.ServicerContext):
        return self._respond(request, context, pb.ReadTextResponse())

    def ListModels(self, request: pb.ListModelsRequest, context: grpc.ServicerContext):
        return self._respond(request, context, pb.ListModelsResponse())


@contextlib.contextmanager
def fake_server() -> Iterator[FakeVision]:
    vision = FakeVision()
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
    vision_pb2_grpc.add_VisionServicer_to_server(vision, server)
    vision.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield vision
    finally:
        server.stop(None).wait(10)
