# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The status page of a server under traffic, as a browser shows it; the picture is build/deploy/status_page.png."""

from __future__ import annotations

import struct
import unittest

from deploy.with_server import ROOT, running_server
from tests.deploy import traffic
from tests.deploy.browser import running_browser
from tests.deploy.monitored import BUILD, CONFIG, MODELS

OUT = ROOT / "build/deploy"
WIDE, NARROW = 1180, 390  # pixels
TRAFFIC_SECONDS = 40.0
LOST = "!document.getElementById('lost').hidden"
LUMINANCE = "(c => 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2])(getComputedStyle(document.body).{}.match(/\\d+/g).map(Number))"


def size(png: bytes) -> tuple[int, int]:
    return struct.unpack(">II", png[16:24])


class StatusPageTest(unittest.TestCase):
    def text(self) -> str:
        return str(self.page.evaluate("document.getElementById('main').innerText"))

    def assert_fits(self, width: int) -> None:
        """Nothing but tables scrolls sideways."""
        self.page.resize(width, 900)
        self.assertLessEqual(self.page.evaluate("document.documentElement.scrollWidth"), width)

    def assert_readable(self, scheme: str) -> None:
        self.page.prefer(scheme)
        back = self.page.evaluate(LUMINANCE.format("backgroundColor"))
        text = self.page.evaluate(LUMINANCE.format("color"))
        self.assertGreater(back - text if scheme == "light" else text - back, 120, scheme)

    def shot(self, name: str) -> None:
        height = self.page.evaluate("document.documentElement.scrollHeight")
        width = self.page.evaluate("innerWidth")
        self.page.resize(width, height)
        picture = self.page.screenshot()
        self.assertEqual(size(picture), (width, height))
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / name).write_bytes(picture)

    def test_it_shows_a_server_under_traffic_and_says_when_that_is_gone(self) -> None:
        self.page = self.enterContext(running_browser())
        self.page.resize(WIDE, 900)
        self.page.prefer("light")
        with running_server(BUILD, MODELS, 2, config_text=CONFIG) as server:
            self.page.open(f"http://127.0.0.1:{server.ports['metrics']}/")
            self.page.wait_for("document.querySelectorAll('.tile').length == 5")
            self.assertIn("no requests now", self.text())
            outcomes = traffic.send(server.address, TRAFFIC_SECONDS)
            self.page.wait_for("document.querySelectorAll('.pipeline .bar').length >= 2")
            text = self.text()
            for part in ("vitdet", "internvit", "Detect", "DetectStream", "Embed", "backbone", "roi_mask", "Devices",
                         "ready", "INVALID_ARGUMENT", "image"):  # fmt: skip
                self.assertIn(part, text)
            self.assertGreater(outcomes["OK"], 0)
            rate = self.page.evaluate("parseFloat(document.querySelector('.tile b').innerText.replace(',', ''))")
            self.assertGreater(rate, 0)
            self.shot("status_page.png")
            for width in (WIDE, NARROW):
                self.assert_fits(width)
            self.assert_readable("light")
            self.assert_readable("dark")
            self.shot("status_page_narrow_dark.png")
            self.assertFalse(self.page.evaluate(LOST))
            self.assertEqual(self.page.problems, [], "what the page threw, or its policy forbade")
        self.page.wait_for(LOST)
        message = str(self.page.evaluate("document.getElementById('lost').innerText"))
        self.assertIn("The server is not reached since", message)
        self.assertIn("vitdet", self.text(), "what was there last is still shown")


if __name__ == "__main__":
    unittest.main()
