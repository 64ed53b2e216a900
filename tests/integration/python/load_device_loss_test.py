# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A load test in which a device is lost on the way: what the server does, and what is counted."""

from __future__ import annotations

import csv
import json
import pathlib
import subprocess
import tempfile
import unittest

from deploy.with_server import ROOT, running_server

BUILD = ROOT / "build/release"
REQUESTS = 600
# More executions than measuring the gears takes at the start, fewer than the load brings.
LOST_AT = 150
# What a request of the lost device may end with; the others are not to notice.
ALLOWED = {"OK", "UNAVAILABLE"}


class LoadDeviceLossTest(unittest.TestCase):
    def test_every_request_is_counted_when_one_of_two_devices_is_lost(self) -> None:
        scratch = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        models = scratch / "models"
        models.mkdir()
        (models / "internvit").symlink_to(BUILD / "test_models/internvit")
        faults = {"rules": [{"task": "execute", "device": 1, "nth": LOST_AT, "lost": True}]}
        (scratch / "faults.json").write_text(json.dumps(faults))
        log = scratch / "log"
        with running_server(
            BUILD, models, 2, {"HOSTACL_FAULTS": str(scratch / "faults.json")}, log, host_threads=2
        ) as server:
            stats = f"{BUILD}/bin/omserve-client --json --control {server.control} stats"
            before = json.loads(subprocess.check_output(stats.split()))
            scenario = {
                "classes": [
                    {"name": "people", "method": "embed", "raw": "16x16", "share": 2},
                    {"name": "crowd", "method": "embed", "raw": "64x64", "priority": "batch"},
                ],
                "events": [
                    {"at_s": 0, "do": "mark", "name": f"device 1 goes at execution {LOST_AT}"},
                    {
                        "at_s": 0, "do": "command",
                        "command": f"{stats} > {scratch}/during.json",
                    },
                ],
            }
            (scratch / "scenario.json").write_text(json.dumps(scenario))
            run = subprocess.run(
                [
                    BUILD / "bin/omserve-loadtest", f"--server={server.address}", "--in-flight=3",
                    f"--scenario={scratch}/scenario.json", f"--requests={REQUESTS}", "--json",
                    f"--records={scratch}/records.csv", "--no-progress",
                ],
                stdout=subprocess.PIPE,
                timeout=120,
                check=False,  # failed requests are its exit status
            )
            report = json.loads(run.stdout)
            after = json.loads(subprocess.check_output(stats.split()))
        self.assertEqual([device["healthy"] for device in before["devices"]], [True, True])
        self.assertEqual([device["healthy"] for device in after["devices"]], [True, False])
        self.assertEqual([event["error"] for event in report["events"]], [None, None])
        self.assertEqual(len(json.loads((scratch / "during.json").read_text())["devices"]), 2)
        # Items of a lost device run again on the other one.
        self.assertEqual(report["requests"], REQUESTS)
        self.assertEqual(report["ok"] + sum(report["errors"].values()), REQUESTS)
        self.assertLessEqual(set(report["errors"]), ALLOWED - {"OK"})
        self.assertGreaterEqual(report["ok"], REQUESTS - 3, report["errors"])
        self.assertEqual(
            sum(one["requests"] for one in report["classes"].values()), REQUESTS
        )
        with (scratch / "records.csv").open(newline="") as file:
            lines = list(csv.DictReader(file))
        self.assertEqual(sorted(int(line["number"]) for line in lines), list(range(REQUESTS)))
        self.assertLessEqual({line["code"] for line in lines}, ALLOWED)
        self.assertEqual(sum(line["code"] == "OK" for line in lines), report["ok"])


if __name__ == "__main__":
    unittest.main()
