# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Alerts and their cases in rules_test.yaml."""

from __future__ import annotations

import functools
import subprocess

import yaml

from tests.deploy.prometheus import PROMTOOL, RULES

CASES = RULES.with_name("rules_test.yaml")


def names() -> list[str]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule]


def untested() -> list[str]:
    """Alerts without a case in which they fire, or without one in which they have series and keep quiet."""
    fires, quiet = set(), set()
    for case in yaml.safe_load(CASES.read_text())["tests"]:
        for rule in case["alert_rule_test"]:
            if rule["exp_alerts"]:
                fires.add(rule["alertname"])
            elif case["input_series"]:
                quiet.add(rule["alertname"])
    return [name for name in names() if name not in fires & quiet]


@functools.cache
def failures() -> str:
    """promtool's words about cases that do not hold; empty when all do."""
    done = subprocess.run(
        [PROMTOOL, "test", "rules", CASES.name], cwd=CASES.parent, capture_output=True, text=True, timeout=300
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
