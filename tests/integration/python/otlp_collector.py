# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A collector that keeps what it is sent, read with OpenTelemetry's own messages."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import sys
import threading
import time
from collections.abc import Iterator

from google.protobuf import json_format

from deploy.with_server import ROOT

sys.path.insert(0, str(ROOT / "build/deps"))

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2  # noqa: E402
from opentelemetry.proto.trace.v1 import trace_pb2  # noqa: E402

PATH = "/v1/traces"


def _with_bytes(value: object) -> object:
    """OTLP's JSON has ids in hexadecimal where protobuf's has base64 (OTLP 1.0, "JSON Protobuf Encoding")."""
    if isinstance(value, list):
        return [_with_bytes(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode()
        if key in ("traceId", "spanId", "parentSpanId")
        else _with_bytes(item)
        for key, item in value.items()
    }


class Collector:
    """Thread-safe."""

    def __init__(self) -> None:
        self.arrived = threading.Condition()
        self.requests: list[trace_service_pb2.ExportTraceServiceRequest] = []
        self.faults: list[str] = []  # what a collector would refuse
        self.refuse = 0  # so many exports get status 503 first

    def take(self, path: str, content_type: str, body: bytes) -> int:
        """The HTTP status."""
        with self.arrived:
            try:
                if self.refuse > 0:
                    self.refuse -= 1
                    return 503
                if path != PATH or content_type != "application/json":
                    raise ValueError(f"{path} with {content_type}")
                request = trace_service_pb2.ExportTraceServiceRequest()
                # Unknown fields are errors.
                json_format.ParseDict(_with_bytes(json.loads(body)), request)
                self.requests.append(request)
                return 200
            except (ValueError, json_format.ParseError) as error:
                self.faults.append(str(error))
                return 400
            finally:
                self.arrived.notify_all()

    def spans(self) -> list[trace_pb2.Span]:
        with self.arrived:
            return [
                span
                for request in self.requests
                for resource in request.resource_spans
                for scope in resource.scope_spans
                for span in scope.spans
            ]

    def wait_for_spans(self, trace_id: str, count: int, seconds: float = 30) -> list[trace_pb2.Span]:
        """Those of the trace, once there are so many; fewer when time runs out."""
        end = time.monotonic() + seconds
        while True:
            found = [span for span in self.spans() if span.trace_id.hex() == trace_id]
            if len(found) >= count or time.monotonic() > end:
                return found
            with self.arrived:
                self.arrived.wait(0.1)


def attributes(span: trace_pb2.Span) -> dict[str, str | int]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}


@contextlib.contextmanager
def running_collector() -> Iterator[tuple[Collector, str]]:
    """The collector and its URL."""
    collector = Collector()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = collector.take(self.path, self.headers["Content-Type"], body)
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield collector, f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
