# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What a running server tells of itself: its log, its status page, its traces."""

from __future__ import annotations

import html.parser
import json
import pathlib
import re
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

import grpc
from omserve.v1 import vision_pb2 as pb
from omserve.v1 import vision_pb2_grpc

from deploy.with_server import ROOT, running_server
from tests.bench.kserve_models import identity_model

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from otlp_collector import attributes, running_collector  # noqa: E402

BUILD = ROOT / "build/release"
GARMENT = (ROOT / "models/samples/garment_1.png").read_bytes()
HOSTILE = 'x\n{"level":"info"}\r\n","code":"OK","\u2028\x1b[31m'
SECRET = "b3JkaW5hcnk-secret"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def traceparent(flags: str) -> str:
    return f"00-{TRACE}-{SPAN}-{flags}"


class Page(html.parser.HTMLParser):
    """Collects what a page would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "src" or (name == "href" and tag == "link"):
                self.loads.append(value or "")


class ObservationTest(unittest.TestCase):
    """One server with the features model, that logs JSON and traces to a collector of the test's."""

    @classmethod
    def setUpClass(cls) -> None:
        scratch = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        (scratch / "models").mkdir()
        (scratch / "models/internvit").symlink_to(BUILD / "test_models/internvit")
        identity_model(scratch / "models")
        cls.collector, url = cls.enterClassContext(running_collector())
        cls.log = scratch / "log"
        cls.server = cls.enterClassContext(
            running_server(
                BUILD,
                scratch / "models",
                2,
                log=cls.log,
                host_threads=2,
                config_text=f'log {{ format: JSON }}\ntracing {{ otlp_endpoint: "{url}" }}\n',
            )
        )
        channel = cls.enterClassContext(grpc.insecure_channel(cls.server.address))
        cls.stub = vision_pb2_grpc.VisionStub(channel)

    def get(self, path: str, method: str = "GET") -> tuple[int, str, str]:
        url = f"http://127.0.0.1:{self.server.ports['metrics']}{path}"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=30) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read().decode()

    def embed(self, request_id: str, picture: bytes = GARMENT, **metadata: str) -> grpc.Call:
        pairs = [(key.replace("_", "-"), value) for key, value in metadata.items()]
        request = pb.EmbedRequest(
            model="internvit", image=pb.Image(encoded=picture), request_id=request_id
        )
        return self.stub.Embed.with_call(request, timeout=60, metadata=pairs)[1]

    def fail(self, request_id: str, **metadata: str) -> grpc.RpcError:
        with self.assertRaises(grpc.RpcError) as raised:
            self.embed(request_id, b"no picture at all", **metadata)
        return raised.exception

    def status(self) -> dict:
        return json.loads(self.get("/status.json")[2])

    def test_a_failed_request_has_one_line_that_it_cannot_break(self) -> None:
        self.fail(HOSTILE, authorization=f"Bearer {SECRET}", traceparent=traceparent("00"))
        text = self.log.read_text()
        # The engine's hwloc writes past every log where there is no /sys.
        lines = [json.loads(line) for line in text.splitlines() if not line.startswith("[hwloc/")]
        ours = [line for line in lines if line.get("request_id") == HOSTILE]
        self.assertEqual(len(ours), 1)
        line = ours[0]
        self.assertEqual((line["event"], line["code"], line["model"]), ("request_failed", "INVALID_ARGUMENT", "internvit"))
        self.assertEqual((line["method"], line["trace_id"], line["level"]), ("Embed", TRACE, "warning"))
        self.assertGreater(line["duration_ms"], 0)
        self.assertIn("stages", line)
        self.assertNotIn(SECRET, text)
        self.assertNotIn("no picture at all", text)
        self.assertTrue(all("message" in line or "event" in line for line in lines))

    def test_status_tells_of_everything_that_is_served(self) -> None:
        before = self.status()
        self.embed("status-1")
        self.fail("status-2")
        now = self.status()
        self.assertEqual({p["name"] for p in now["pipelines"]}, {"identity", "internvit"})
        self.assertEqual({v["state"] for v in now["versions"]}, {"READY"})
        self.assertEqual([d["id"] for d in now["devices"]], [0, 1])
        self.assertTrue(all(d["healthy"] and d["memory_total"] > 0 for d in now["devices"]))
        self.assertGreater(now["time_ms"], before["time_ms"])

        def method(status: dict) -> dict:
            pipeline = next(p for p in status["pipelines"] if p["name"] == "internvit")
            return next(m for m in pipeline["methods"] if m["method"] == "Embed")

        codes, old = method(now)["codes"], method(before)["codes"]
        self.assertEqual(codes["OK"], old["OK"] + 1)
        self.assertEqual(codes["INVALID_ARGUMENT"], old.get("INVALID_ARGUMENT", 0) + 1)
        self.assertEqual(len(method(now)["durations"]), len(method(now)["bounds_s"]) + 1)
        pipeline = next(p for p in now["pipelines"] if p["name"] == "internvit")
        self.assertGreater(pipeline["phases_s"]["execute"], 0)
        self.assertGreaterEqual(pipeline["stages"][0]["items"], 1)
        self.assertEqual(now["failures"][0]["request_id"], "status-2")
        self.assertNotIn(str(ROOT), json.dumps(now), "file names are not for this page")

    def test_the_page_needs_no_other_file(self) -> None:
        code, kind, text = self.get("/")
        self.assertEqual((code, kind), (200, "text/html; charset=utf-8"))
        page = Page(text)
        self.assertTrue({"main", "script", "style"} <= page.tags)
        self.assertEqual([load for load in page.loads if not load.startswith("data:")], [])
        self.assertEqual(re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text), [])
        self.assertNotIn("innerHTML", text, "names are text, never markup")

    def test_nothing_can_be_changed_at_the_metrics_port(self) -> None:
        self.assertEqual(self.get("/status.json", "POST")[0], 405)
        self.assertEqual(self.get("/status.json", "DELETE")[0], 405)
        self.assertEqual(self.get("/../etc/passwd")[0], 404)
        self.assertEqual(self.get("/status")[0], 404)
        code, _, text = self.get("/", "HEAD")
        self.assertEqual((code, text), (200, ""))
        self.assertIn("omserve_requests_total", self.get("/metrics")[2])

    def test_a_sampled_request_becomes_spans(self) -> None:
        call = self.embed("traced", traceparent=traceparent("01"))
        answered = dict(call.trailing_metadata())["traceparent"].split("-")
        self.assertEqual((answered[1], answered[3]), (TRACE, "01"))
        spans = [s for s in self.collector.wait_for_spans(TRACE, 4) if s.trace_id.hex() == TRACE]
        self.assertEqual(self.collector.faults, [])
        root = next(span for span in spans if attributes(span).get("omserve.request_id") == "traced")
        self.assertEqual(root.parent_span_id.hex(), SPAN)
        self.assertEqual(root.span_id.hex(), answered[2])
        self.assertEqual((root.name, root.kind), ("omserve/Embed", root.SPAN_KIND_SERVER))
        self.assertEqual(attributes(root)["omserve.model"], "internvit")
        below = {span.name: span for span in spans if span.parent_span_id == root.span_id}
        self.assertTrue({"decode", "preprocess", "internvit"} <= set(below), set(below))
        for span in below.values():
            self.assertLessEqual(root.start_time_unix_nano, span.start_time_unix_nano)
            self.assertLessEqual(span.start_time_unix_nano, span.end_time_unix_nano)
            self.assertLessEqual(span.end_time_unix_nano, root.end_time_unix_nano)
        self.assertGreater(attributes(below["internvit"])["omserve.execute_us"], 0)

    def test_a_failure_is_a_span_with_its_code(self) -> None:
        other = TRACE[:-1] + "7"
        self.fail("traced failure", traceparent=f"00-{other}-{SPAN}-01")
        span = self.collector.wait_for_spans(other, 1)[0]
        self.assertEqual(span.status.code, span.status.STATUS_CODE_ERROR)
        self.assertEqual(span.status.message, "INVALID_ARGUMENT")

    def test_what_is_not_sampled_is_not_exported(self) -> None:
        for header in (traceparent("00"), "00-nonsense", ""):
            with self.subTest(header):
                self.embed("unseen", **({"traceparent": header} if header else {}))
        self.embed("flush", traceparent=f"00-{TRACE[:-1]}8-{SPAN}-01")
        self.assertTrue(self.collector.wait_for_spans(TRACE[:-1] + "8", 1))
        seen = [attributes(span).get("omserve.request_id") for span in self.collector.spans()]
        self.assertNotIn("unseen", seen, "the ratio is 0")

    def test_a_collector_that_is_busy_is_asked_again(self) -> None:
        self.collector.refuse = 1
        trace = TRACE[:-1] + "9"
        self.embed("again", traceparent=f"00-{trace}-{SPAN}-01")
        self.assertTrue(self.collector.wait_for_spans(trace, 1))
        self.assertEqual(self.collector.refuse, 0)
        self.assertIn('omserve_traces_total{result="not_taken"} 0', self.get("/metrics")[2])


if __name__ == "__main__":
    unittest.main()
