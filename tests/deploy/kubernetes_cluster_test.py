# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Every overlay is admitted by a real API server, in a namespace that is restricted; nonsense is not."""

from __future__ import annotations

import contextlib
import copy
import json
import subprocess
import tempfile
import unittest

import yaml

from tests.deploy import rendering, schemas
from tests.deploy.kubernetes_cluster import PROGRAMS, Cluster, running_cluster
from tests.deploy.pods import pods
from tests.deploy.rendering import Objects, key, of_kind


class Admission(unittest.TestCase):
    cluster: Cluster

    @classmethod
    def setUpClass(cls) -> None:
        cls._stack = contextlib.ExitStack()
        cls.addClassCleanup(cls._stack.close)
        cls.cluster = cls._stack.enter_context(running_cluster())

    def test_every_overlay_is_admitted(self) -> None:
        for name in rendering.overlay_names():
            with self.subTest(overlay=name):
                namespace = name.split("/")[-1]
                self.cluster.namespace(namespace)
                objects = rendering.overlay(name)
                done = self.cluster.apply(objects, namespace)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("Warning", done.stderr)
                self.assertEqual(done.stdout.count("serverside-applied"), len(objects), done.stdout)

    def test_chart_is_admitted(self) -> None:
        self.cluster.namespace("chart")
        done = self.cluster.apply(rendering.chart(), "chart")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_pods_are_admitted_where_only_restricted_ones_are(self) -> None:
        self.cluster.namespace("pods")
        for name in rendering.overlay_names():
            for pod in pods(rendering.overlay(name)):
                found = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name.split("/")[-1]}, "spec": pod.spec}
                found = copy.deepcopy(found)
                for field in ("supportedModelFormats", "protocolVersions", "annotations"):
                    found["spec"].pop(field, None)
                with self.subTest(overlay=name):
                    done = self.cluster.kubectl("apply", "--dry-run=server", "-n", "pods", "-f", "-", given=json.dumps(found))
                    self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_wrong_is_refused(self) -> None:
        self.cluster.namespace("wrong")
        for what in ("unknown field", "PodMonitor with an unknown field", "hostPath"):
            objects: Objects = rendering.overlay("overlays/ascend310p-autoscaling")
            spec = of_kind(objects, "Deployment")[0]["spec"]["template"]["spec"]
            if what == "unknown field":
                spec["containers"][0]["livnessProbe"] = {}
            elif what == "hostPath":
                spec["volumes"].append({"name": "dev", "hostPath": {"path": "/dev"}})
                objects = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": spec}]
            else:
                of_kind(objects, "PodMonitor")[0]["spec"]["podMetricEndpoints"] = []
            with self.subTest(what=what):
                self.assertNotEqual(self.cluster.apply(objects, "wrong").returncode, 0)


class Kubeconform(unittest.TestCase):
    def test_every_object_is_valid(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            schemas.export(folder_path := rendering.pathlib.Path(folder), schemas.VERSIONS[-1])
            location = f"{folder_path}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
            for name in rendering.overlay_names():
                objects = rendering.overlay(name)
                with self.subTest(overlay=name):
                    good = self._check(location, objects)
                    self.assertEqual(good["summary"], {"valid": len(objects), "invalid": 0, "errors": 0, "skipped": 0}, good)
            objects[0]["unknown"] = {}
            self.assertEqual(self._check(location, objects)["summary"]["invalid"], 1, key(objects[0]))

    @staticmethod
    def _check(location: str, objects: Objects) -> dict:
        done = subprocess.run(
            [str(PROGRAMS / "kubeconform"), "-strict", "-summary", "-output", "json", "-schema-location", location, "-"],
            input=yaml.safe_dump_all(objects), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return json.loads(done.stdout)


if __name__ == "__main__":
    unittest.main()
