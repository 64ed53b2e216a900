# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What can be known of dashboards, rules and alerts without a server."""

from __future__ import annotations

import re
import subprocess
import unittest

import yaml

from deploy.grafana import dashboards as made
from tests.deploy import alerts, dashboards
from tests.deploy.dashboards import FOLDER
from tests.deploy.prometheus import PROMTOOL, RULES
from tests.deploy.rendering import ROOT


class Dashboards(unittest.TestCase):
    def test_files_are_what_the_script_makes(self) -> None:
        for name, text in made.files().items():
            folder = FOLDER if name.endswith(".json") else RULES.parent
            with self.subTest(name=name):
                self.assertEqual((folder / name).read_text(), text, "run deploy/grafana/dashboards.py")

    def test_panels_do_not_overlap_and_ids_are_unique(self) -> None:
        uids = set()
        for path in dashboards.paths():
            board = dashboards.load(path)
            uids.add(board["uid"])
            taken: set[tuple[int, int]] = set()
            ids = [panel["id"] for panel in board["panels"]]
            self.assertEqual(len(ids), len(set(ids)), path.name)
            for panel in board["panels"]:
                at = panel["gridPos"]
                cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
                self.assertFalse(taken & cells, f"{path.name}: {panel['title']}")
                self.assertLessEqual(at["x"] + at["w"], 24)
                taken |= cells
                refs = [target["refId"] for target in panel["targets"]]
                self.assertEqual(len(refs), len(set(refs)))
        self.assertEqual(len(uids), len(dashboards.paths()))

    def test_variables_are_declared_and_no_answer_is_made_up(self) -> None:
        for path in dashboards.paths():
            board = dashboards.load(path)
            declared = {variable["name"] for variable in board["templating"]["list"]}
            for query in dashboards.queries():
                used = set(re.findall(r"\$(\w+)", query.expression)) - {"__rate_interval", "__range"}
                self.assertLessEqual(used, declared, query.name)
                self.assertNotIn("vector(", query.expression, query.name)


class Alerts(unittest.TestCase):
    def test_rules_are_well_formed(self) -> None:
        done = subprocess.run([PROMTOOL, "check", "rules", RULES], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_alert_fires_and_keeps_quiet_in_a_case(self) -> None:
        self.assertEqual(alerts.untested(), [])

    def test_cases_hold(self) -> None:
        self.assertEqual(alerts.failures(), "")

    def test_every_alert_is_in_the_runbook(self) -> None:
        text = (ROOT / "deploy/prometheus/RUNBOOK.md").read_text()
        self.assertEqual([name for name in alerts.names() if f"## {name}\n" not in text], [])

    def test_thresholds_of_objectives_are_buckets(self) -> None:
        source = (ROOT / "server/metrics/server_metrics.cc").read_text()
        bounds = re.search(r"BucketBoundaries bounds = \{([^}]*)\}", source).group(1)
        for threshold in re.findall(r'\ble="([^"]*)"', RULES.read_text()):
            self.assertIn(float(threshold), [float(bound) for bound in bounds.split(",")])

    def test_metric_names_are_the_server_s(self) -> None:
        known = set(re.findall(r'"(omserve_\w+)"', (ROOT / "server/metrics/server_metrics.cc").read_text()))
        rules = yaml.safe_load(RULES.read_text())
        expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
        expressions += [query.expression for query in dashboards.queries()]
        used = {name for text in expressions for name in re.findall(r"(?<![:\w\"])omserve_[a-z_]+(?![:\w])", text)}
        self.assertGreater(len(used), 15)
        stems = {re.sub(r"_(bucket|sum|count)$", "", name) if name not in known else name for name in used}
        self.assertLessEqual(stems, known)


if __name__ == "__main__":
    unittest.main()
