# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""python -m omserve.evaluate read, from its command line to its output, against a fake server."""

from __future__ import annotations

import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import grpc

from fake_server import fake_server
from omserve.evaluate.__main__ import main
from omserve.v1 import vision_pb2 as pb


def echo(request: pb.ReadTextRequest, context: grpc.ServicerContext) -> pb.ReadTextResponse:
    """Reads a picture as the text that its bytes are; refuses requests with 'broken' in them."""
    texts = [line.encoded.decode() for line in request.lines]
    if "broken" in texts:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "lines: not a picture")
    lines = [pb.TextLine(index=i, text=text, score=0.5) for i, text in enumerate(texts)]
    return pb.ReadTextResponse(lines=lines)


class EvaluateTest(unittest.TestCase):
    def setUp(self) -> None:
        self.vision = self.enterContext(fake_server())
        self.vision.answer = echo
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, pairs: list[tuple[str, str]]) -> None:
        labels = []
        for i, (shown, truth) in enumerate(pairs):
            (self.folder / f"{i}.png").write_text(shown)
            labels.append(f"{i}.png\t{truth}\n")
        (self.folder / "labels.txt").write_text("".join(labels))

    def run_main(self, *options: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["read", f"--server={self.vision.address}", *options])
        return code, out.getvalue(), err.getvalue()

    def test_scores_as_json(self) -> None:
        self.write([("ab", "ab"), ("abd", "abc"), ("天 下", "天下")])
        code, out, _ = self.run_main(
            f"--labels={self.folder}/labels.txt", "--json", "--per-request=2"
        )
        document = json.loads(out)
        self.assertEqual(code, 0)
        self.assertAlmostEqual(document["acc"], 2 / 3.00001, places=9)
        self.assertAlmostEqual(document["norm_edit_dis"], 1 - (1 / 3) / 3.00001, places=9)
        self.assertEqual([r["right"] for r in document["readings"]], [True, False, True])
        self.assertEqual([r["text"] for r in document["readings"]], ["ab", "abd", "天 下"])
        self.assertEqual(sorted(len(r.lines) for r in self.vision.requests), [1, 2])
        self.assertEqual(self.vision.requests[0].min_score, 0)

    def test_table_and_mistakes(self) -> None:
        self.write([("ab", "ab"), ("abd", "abc")])
        code, out, _ = self.run_main(f"--labels={self.folder}/labels.txt", "--mistakes=5")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"acc +0\.499998")
        self.assertIn("truth abc", out)
        self.assertIn("read  abd", out)

    def test_a_bad_picture_fails_alone_and_is_named(self) -> None:
        self.write([("a", "a"), ("broken", "b"), ("c", "c")])
        code, out, err = self.run_main(f"--labels={self.folder}/labels.txt", "--json")
        document = json.loads(out)
        self.assertEqual(code, 1)
        self.assertEqual((document["lines"], document["exact"], document["failed"]), (2, 2, 1))
        self.assertIn("1.png", err)
        self.assertIn("not a picture", err)

    def test_bad_labels_are_named(self) -> None:
        self.write([("a", "a")])
        with open(self.folder / "labels.txt", "a") as labels:
            labels.write("no tab here\n")
        code, _, err = self.run_main(f"--labels={self.folder}/labels.txt")
        self.assertEqual(code, 1)
        self.assertIn("labels.txt:2: has no tab", err)

    def test_limit_and_alphanumeric(self) -> None:
        self.write([("A!", "a"), ("x", "y")])
        code, out, _ = self.run_main(
            f"--labels={self.folder}/labels.txt", "--limit=1", "--alphanumeric", "--json"
        )
        self.assertEqual((code, json.loads(out)["exact"]), (0, 1))

    def test_answer_without_a_line(self) -> None:
        self.write([("a", "a")])
        self.vision.answer = lambda request, context: pb.ReadTextResponse()
        code, _, err = self.run_main(f"--labels={self.folder}/labels.txt")
        self.assertEqual(code, 1)
        self.assertIn("gave no answer", err)

    def test_wrong_command_lines(self) -> None:
        self.assertEqual(self.run_main()[0], 2)
        self.assertEqual(self.run_main("--labels=x", "--lmdb=y")[0], 2)
        self.assertEqual(self.run_main(f"--labels={self.folder}/none.txt")[0], 2)
        (self.folder / "bad.txt").write_text("nothing\n")
        code, _, err = self.run_main(f"--labels={self.folder}/bad.txt")
        self.assertEqual(code, 2)
        self.assertIn("bad.txt:1", err)
        self.assertEqual(self.run_main("--labels=x", "--deadline=0")[0], 2)


if __name__ == "__main__":
    unittest.main()
