# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes a real server under traffic: every query, rule and adapter query answers."""

from __future__ import annotations

import contextlib
import re
import unittest

import yaml

from tests.deploy import dashboards
from tests.deploy.monitored import Monitored, monitored
from tests.deploy.prometheus import RULES
from tests.deploy.rendering import KUBERNETES

ADAPTER = KUBERNETES / "components/autoscaling/prometheus-adapter.yaml"
# Alerts on what the test itself does. The others must keep quiet.
EXPECTED = {
    "OmserveErrorsFast", "OmserveErrorsSteady", "OmserveErrorsTicket", "OmserveDeadlinesMissed", "OmserveFramesDropped",
    "OmserveSlowFast", "OmserveSlowSteady", "OmserveSlowTicket", "OmserveQueueLong", "OmserveQueueFull",
    "OmserveDeviceSaturated", "OmservePadding",
}  # fmt: skip


class UnderTraffic(unittest.TestCase):
    seen: Monitored

    @classmethod
    def setUpClass(cls) -> None:
        cls._stack = contextlib.ExitStack()
        cls.addClassCleanup(cls._stack.close)
        cls.seen = cls._stack.enter_context(monitored())

    def test_traffic_was_of_all_kinds(self) -> None:
        for outcome in ("OK", "INVALID_ARGUMENT", "frame OK", "frames dropped"):
            self.assertGreater(self.seen.outcomes[outcome], 0, self.seen.outcomes)

    def test_every_query_of_every_panel_has_an_answer(self) -> None:
        for query in dashboards.queries():
            with self.subTest(query=query.name):
                answer = query.answer(self.seen.prometheus, self.seen.start, self.seen.end)
                self.assertTrue(answer, query.filled())
                for name in re.findall(r"\{\{(\w+)\}\}", query.legend):
                    self.assertIn(name, answer[0].labels, "the legend names a label that is not there")

    def test_a_mistyped_metric_has_none(self) -> None:
        query = dashboards.Query("x", "x", "A", "sum(rate(omserve_request_total[$__rate_interval]))", "")
        self.assertEqual(query.answer(self.seen.prometheus, self.seen.start, self.seen.end), [])

    def test_rules_are_evaluated_without_errors(self) -> None:
        rules = self.seen.prometheus.rules()
        self.assertEqual(len(rules), RULES.read_text().count("- record:") + RULES.read_text().count("- alert:"))
        self.assertEqual([rule["name"] for rule in rules if rule.get("lastError")], [])
        self.assertEqual({rule["health"] for rule in rules}, {"ok"})

    def test_recording_rules_have_series(self) -> None:
        for name in re.findall(r"- record: (\S+)", RULES.read_text()):
            with self.subTest(record=name):
                found = self.seen.prometheus.range(name, self.seen.start, self.seen.end)
                self.assertTrue([one for one in found if one.finite()])

    def test_no_alert_goes_off_that_nothing_gives_cause_to(self) -> None:
        active = {rule["name"] for rule in self.seen.prometheus.rules() if rule.get("alerts")}
        self.assertLessEqual(active, EXPECTED)

    def test_autoscaler_gets_its_metrics(self) -> None:
        scaler = yaml.safe_load((KUBERNETES / "components/autoscaling/horizontalpodautoscaler.yaml").read_text())
        wanted = {metric["pods"]["metric"]["name"] for metric in scaler["spec"]["metrics"]}
        rules = yaml.safe_load(ADAPTER.read_text())["rules"]["custom"]
        self.assertEqual({rule["name"]["as"] for rule in rules}, wanted)
        for rule in rules:
            series = rule["seriesQuery"].split("{")[0]
            query = rule["metricsQuery"].replace("<<.Series>>", series).replace("<<.GroupBy>>", "pod")
            query = query.replace("<<.LabelMatchers>>", 'namespace="test",pod=~"omserve-0"')
            with self.subTest(name=rule["name"]["as"]):
                found = self.seen.prometheus.range(query, self.seen.start, self.seen.end)
                self.assertEqual([one.labels["pod"] for one in found], ["omserve-0"])
                self.assertGreater(max(found[0].values), 0)

    def test_keda_s_query_gives_one_number(self) -> None:
        trigger = yaml.safe_load((KUBERNETES / "components/keda/scaledobject.yaml").read_text())["spec"]["triggers"][0]
        found = self.seen.prometheus.range(trigger["metadata"]["query"], self.seen.start, self.seen.end)
        self.assertEqual(len(found), 1)
        self.assertGreater(max(found[0].values), 0)


if __name__ == "__main__":
    unittest.main()
