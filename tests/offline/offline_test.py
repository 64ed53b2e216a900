# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""omserve.offline with real servers and real Ray, both killed on the way; runs in Ray's environment."""

from __future__ import annotations

import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow.parquet
from PIL import Image

import omserve
from deploy.with_server import ROOT, Server, running_server

PICTURES, PART = 3000, 50
SERVERS = 3
LIMIT_S = 240
CLOSE = 1e-4  # of features of unit size: a batch of another size sums in another order


def make_pictures(folder: pathlib.Path) -> list[str]:
    """Distinct pictures in three folders, and one file that is no picture."""
    random = np.random.default_rng(2026)
    names = []
    for i in range(PICTURES):
        name = f"{i % 3}/{i:05}.png"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        coarse = random.integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(coarse).resize((64, 64), Image.NEAREST).save(folder / name)
        names.append(name)
    (folder / "1/broken.jpg").write_bytes(b"no picture at all")
    return sorted([*names, "1/broken.jpg"])


def command(pictures: pathlib.Path, out: pathlib.Path, servers: list[Server]) -> list[str]:
    return [
        sys.executable, "-m", "omserve.offline", f"--pictures={pictures}", f"--out={out}",
        "--servers=" + ",".join(server.address for server in servers),
        f"--part-size={PART}", "--actors=2", "--in-flight=12", "--json",
    ]


def parts_of(out: pathlib.Path) -> list[pathlib.Path]:
    return sorted(out.glob("part-*.parquet"))


def wait_for(what: Callable[[], bool], process: subprocess.Popen) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not what():
        if process.poll() is not None:
            raise RuntimeError(f"the run ended with {process.returncode} too early")
        if time.monotonic() > deadline:
            raise RuntimeError("the run makes no progress")
        time.sleep(0.02)


@contextlib.contextmanager
def mortal_server(log: pathlib.Path) -> Iterator[Server]:
    """A server that a test may kill."""
    killed = False
    try:
        with running_server(ROOT / "build/release", ROOT / "build/models", 1, log=log) as server:
            yield server
            killed = server.process.poll() == -signal.SIGKILL
    except RuntimeError:
        if not killed:
            raise


class OfflineTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.scratch = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.pictures = cls.scratch / "pictures"
        cls.names = make_pictures(cls.pictures)

    def setUp(self) -> None:
        self.out = self.scratch / self.id().rsplit(".", 1)[-1]
        self.servers = [
            self.enterContext(mortal_server(self.scratch / f"server{i}.log"))
            for i in range(SERVERS)
        ]

    def start(self) -> subprocess.Popen:
        process = subprocess.Popen(
            command(self.pictures, self.out, self.servers), stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def end(self, process: subprocess.Popen) -> dict:
        text, _ = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 0, text)
        return json.loads(text)

    def rows(self) -> dict[str, dict]:
        """All rows by their picture; fails when one is there twice or missing."""
        rows = [row for part in parts_of(self.out) for row in pyarrow.parquet.read_table(part).to_pylist()]
        self.assertEqual(sorted(row["picture"] for row in rows), self.names)
        return {row["picture"]: row for row in rows}

    def check_answers(self, rows: dict[str, dict], server: Server) -> None:
        """Every picture has its own features, and the broken one its error."""
        broken = rows.pop("1/broken.jpg")
        self.assertIsNone(broken["features"])
        self.assertIn("image", broken["error"])
        names = list(rows)
        got = np.array([rows[name]["features"] for name in names], np.float32)
        with omserve.Client(server.address) as client:
            for i in range(0, len(names), 40):
                wanted = client.embed(self.pictures / names[i]).features
                away = np.abs(got - wanted).max(axis=1)
                self.assertEqual(int(away.argmin()), i)
                self.assertLess(away[i], CLOSE * np.abs(wanted).max())
                self.assertGreater(np.partition(away, 1)[1], 10 * CLOSE)  # no other picture is so near

    def test_a_server_killed_in_mid_run_loses_and_doubles_nothing(self) -> None:
        run = self.start()
        wait_for(lambda: len(parts_of(self.out)) >= 12, run)
        self.servers[1].process.kill()
        at_kill = len(parts_of(self.out))
        summary = self.end(run)
        self.assertLess(at_kill, PICTURES // PART // 2)
        self.assertGreater(summary["failed_calls"], 0)
        self.assertEqual(summary["unreadable"], 1)
        self.assertEqual(summary["embedded"], len(self.names))
        rows = self.rows()
        answered = [row["server"] for row in rows.values()]
        for server in self.servers:  # the killed one did its share before
            self.assertGreater(answered.count(server.address), 50)
        self.check_answers(rows, self.servers[0])
        print(f"\na server killed after {at_kill} of {len(parts_of(self.out))} parts: {summary}")

    def test_a_killed_run_goes_on_where_it_was(self) -> None:
        run = self.start()
        wait_for(lambda: len(parts_of(self.out)) >= 12, run)
        run.kill()
        run.wait()
        self.settle()
        done = {part: part.stat().st_mtime_ns for part in parts_of(self.out)}
        self.assertLess(len(done), PICTURES // PART)
        summary = self.end(self.start())
        self.assertEqual({part: part.stat().st_mtime_ns for part in done}, done)
        self.assertEqual(summary["embedded"], len(self.names) - PART * len(done))
        self.assertEqual(list(self.out.glob("*.unfinished")), [])
        self.check_answers(self.rows(), self.servers[0])
        again = self.end(self.start())
        self.assertEqual(again["embedded"], 0)
        print(f"\na run killed after {len(done)} parts, then: {summary}")

    def settle(self) -> None:
        """Until the actors that outlive their run for a moment have written their last parts."""
        before, deadline = -1, time.monotonic() + 60
        while time.monotonic() < deadline and len(parts_of(self.out)) != before:
            before = len(parts_of(self.out))
            time.sleep(5)

    def test_no_server_at_all_ends_the_run_and_keeps_what_is_done(self) -> None:
        for server in self.servers:
            server.process.kill()
        run = subprocess.run(
            [*command(self.pictures, self.out, self.servers), "--patience=3"],
            capture_output=True, text=True, check=False, timeout=LIMIT_S,
        )
        self.assertEqual(run.returncode, 1)
        self.assertIn("the same command goes on", run.stderr)
        self.assertIn("no answer within 3 s", run.stderr)
        self.assertEqual(parts_of(self.out), [])


if __name__ == "__main__":
    unittest.main()
