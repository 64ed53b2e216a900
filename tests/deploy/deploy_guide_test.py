# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""docs/deploy_guide.md, run from top to bottom in one shell, prints what it says."""

from __future__ import annotations

import re
import shutil
import subprocess
import unittest

from tests.deploy import certificates, container
from tests.deploy.guide import missing, steps
from tests.deploy.kubernetes_cluster import running_cluster
from tests.deploy.rendering import ROOT

PAGE = ROOT / "docs/deploy_guide.md"
SITE = ROOT / "build/site"
SECONDS = 540
MARK = re.compile(r"\x01(\d+)\n")


class Reading(unittest.TestCase):
    PAGE = "Text\n\n    $ cat >a <<END\n      one\n        two\n      END\n    $ tool x\n    name  1.5\n    ...\n    last 3\n"

    def test_commands_with_their_lines_and_what_they_print(self) -> None:
        write, tool = steps(self.PAGE)
        self.assertEqual((write.line, write.command, write.printed), (3, "cat >a <<END\none\n  two\nEND", []))
        self.assertEqual((tool.command, tool.printed), ("tool x", ["name  1.5", "...", "last 3"]))

    def test_what_is_not_printed_is_missed(self) -> None:
        printed = steps(self.PAGE)[1].printed
        self.assertIsNone(missing(printed, "name   2.25\nmore\nlast 40\nafter\n"))
        self.assertEqual(missing(printed, "more\nname 1\nlast 3\n"), "name  1.5")
        self.assertEqual(missing(printed, "name 1\n"), "last 3")
        self.assertEqual(missing(printed, "name x\nlast 3\n"), "name  1.5")


class Guide(unittest.TestCase):
    def test_every_command_does_what_the_page_says(self) -> None:
        todo = steps(PAGE.read_text())
        self.assertGreater(len(todo), 20)
        shutil.rmtree(SITE, ignore_errors=True)
        (SITE / "tls").mkdir(parents=True)
        certificates.make_authority(SITE / "tls")
        certificates.sign(SITE / "tls", "tls", days=1)
        script = "".join(f"{step.command}\nprintf '\\n\\1%d\\n' $?\n" for step in todo)
        with running_cluster() as cluster:
            done = subprocess.run(
                ["bash", "-c", script], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, timeout=SECONDS, env=cluster.environment,
            )  # fmt: skip
        parts = MARK.split(done.stdout)
        self.assertEqual(len(parts) // 2, len(todo), done.stdout[-2000:])
        for step, got, status in zip(todo, parts[0::2], parts[1::2]):
            with self.subTest(line=step.line, command=step.command):
                self.assertEqual(status, "0", got[-2000:])
                self.assertIsNone(missing(step.printed, got.strip("\n")), got[-2000:])
                self.assertNotIn("Warning", got)
        check = container.config("garments:1")["Healthcheck"]["Test"][1:]
        with container.running("garments:1") as box:  # the image that the page made
            container.wait_until_healthy(box, check)
            self.assertEqual(box.run("omserve-client", "models").stdout.count(b"garments"), 1)
            self.assertEqual(box.stop(), 0, box.log.read_text())


if __name__ == "__main__":
    unittest.main()
