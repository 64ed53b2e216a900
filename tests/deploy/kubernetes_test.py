# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Overlays and chart: valid, consistent, equal; and every rule is seen finding something."""

from __future__ import annotations

import copy
import pathlib
import re
import tempfile
import unittest
from collections.abc import Callable

from tests.deploy import kubernetes_rules, rendering, schemas
from tests.deploy.pods import pods
from tests.deploy.rendering import Object, Objects, key, of_kind

RENDERED = {name: rendering.overlay(name) for name in rendering.overlay_names()}


def fresh(name: str) -> Objects:
    return copy.deepcopy(RENDERED[f"overlays/{name}"])


def deployment(objects: Objects) -> Object:
    return of_kind(objects, "Deployment")[0]


def server(objects: Objects) -> dict:
    return next(pods(objects)).server


def pod_spec(objects: Objects) -> dict:
    return deployment(objects)["spec"]["template"]["spec"]


def volume(objects: Objects, name: str) -> dict:
    return next(found for found in pod_spec(objects)["volumes"] if found["name"] == name)


def mount(objects: Objects, name: str) -> dict:
    return next(found for found in server(objects)["volumeMounts"] if found["name"] == name)


def configuration(objects: Objects) -> Object:
    return next(found["data"] for found in of_kind(objects, "ConfigMap") if "server.pbtxt" in found["data"])


def configure(objects: Objects, old: str, new: str) -> None:
    data = configuration(objects)
    assert old in data["server.pbtxt"], old
    data["server.pbtxt"] = data["server.pbtxt"].replace(old, new)


def normal(objects: Objects) -> dict[str, Object]:
    """By key, without what only one of the two tools makes: hashes of the configuration."""
    out = {}
    for found in copy.deepcopy(objects):
        if found["kind"] == "ConfigMap":
            found["metadata"]["name"] = re.sub(r"-[0-9a-z]{10}$", "", found["metadata"]["name"])
            found["data"] = {name: text.strip() for name, text in found["data"].items()}
        if found["kind"] == "Deployment":
            template = found["spec"]["template"]
            template["metadata"]["annotations"].pop("checksum/config", None)
            for volume in template["spec"]["volumes"]:
                if "configMap" in volume:
                    volume["configMap"]["name"] = re.sub(r"-[0-9a-z]{10}$", "", volume["configMap"]["name"])
            for container in template["spec"]["containers"]:
                for field in ("env", "volumeMounts"):
                    container[field].sort(key=lambda entry: entry["name"])
            template["spec"]["volumes"].sort(key=lambda entry: entry["name"])
        out[key(found)] = found
    return out


class Overlays(unittest.TestCase):
    def test_every_object_fits_its_schema(self) -> None:
        known = {found.name for found in schemas.CRDS.glob("*.yaml")}
        for name, objects in RENDERED.items():
            for found in objects:
                if schemas.is_custom(found) and not known:
                    continue  # operators' kinds: make test-deploy
                with self.subTest(overlay=name, object=key(found)):
                    self.assertEqual(list(schemas.errors(found)), [])

    def test_parts_fit_together(self) -> None:
        for name, objects in RENDERED.items():
            with self.subTest(overlay=name):
                self.assertEqual(kubernetes_rules.findings(objects), [])

    def test_unknown_field_is_refused(self) -> None:
        for place in ("spec", "pod", "container", "probe"):
            objects = fresh("ascend310p")
            where = {
                "spec": deployment(objects)["spec"],
                "pod": pod_spec(objects),
                "container": server(objects),
                "probe": server(objects)["livenessProbe"],
            }[place]
            where["livnessProbe"] = {}
            with self.subTest(place=place):
                self.assertIn("livnessProbe", " ".join(schemas.errors(deployment(objects))))

    def test_kind_without_a_schema_is_refused(self) -> None:
        found = {"apiVersion": "apps/v9", "kind": "Deployment", "metadata": {"name": "x"}}
        self.assertIn("no schema", " ".join(schemas.errors(found)))

    def test_changed_configuration_rolls_the_pods(self) -> None:
        names = []
        for drain in ("45000", "46000"):
            with tempfile.TemporaryDirectory(dir=rendering.KUBERNETES / "overlays") as folder:
                config = (rendering.KUBERNETES / "base/server.pbtxt").read_text().replace("45000", drain)
                pathlib.Path(folder, "server.pbtxt").write_text(config)
                pathlib.Path(folder, "kustomization.yaml").write_text(
                    "resources: [../ascend310p]\nconfigMapGenerator:\n"
                    "- {name: omserve-config, behavior: merge, files: [server.pbtxt]}\n"
                )
                objects = rendering.overlay(folder)
            names.append(pod_spec(objects)["volumes"][0]["configMap"]["name"])
        self.assertNotEqual(*names)

    def test_tls_changes_nothing_else_of_the_configuration(self) -> None:
        plain, secure = (configuration(fresh(name))["server.pbtxt"] for name in ("ascend310p", "ascend310p-tls"))
        self.assertTrue(secure.startswith(plain))
        self.assertRegex(secure[len(plain) :], r"^#[^\n]*\nsecurity \{\n(  .*\n)+\}\n$")

    def test_resource_name_is_a_parameter(self) -> None:
        with tempfile.TemporaryDirectory(dir=rendering.KUBERNETES / "overlays") as folder:
            device = (rendering.KUBERNETES / "overlays/ascend310p/device.yaml").read_text()
            pathlib.Path(folder, "device.yaml").write_text(
                device.replace("huawei.com/Ascend310P", "example.com/chip")
            )
            pathlib.Path(folder, "kustomization.yaml").write_text(
                "resources: [../../base]\ncomponents: [../../components/ascend-runtime]\n"
                "patches: [{path: device.yaml}]\n"
            )
            by_overlay = rendering.overlay(folder)
        by_chart = rendering.chart(settings={r"device.resource": "example.com/chip"})
        for objects in (by_overlay, by_chart):
            self.assertEqual(kubernetes_rules.findings(objects), [])
            limits = server(objects)["resources"]["limits"]
            self.assertEqual([name for name in limits if "/" in name], ["example.com/chip"])


class Chart(unittest.TestCase):
    def test_equals_the_overlays(self) -> None:
        for values in [None, *rendering.chart_values()]:
            want = normal(RENDERED[f"overlays/{values or 'ascend310p'}"])
            got = normal(rendering.chart(values))
            with self.subTest(values=values):
                self.assertEqual(got.keys(), want.keys())
                for name in want:
                    self.assertEqual(got[name], want[name])

    def test_autoscaler_equals_the_component(self) -> None:
        got = of_kind(rendering.chart(settings={"autoscaling": "true"}), "HorizontalPodAutoscaler")
        self.assertEqual(got, of_kind(RENDERED["overlays/ascend310p-autoscaling"], "HorizontalPodAutoscaler"))

    def test_unknown_and_wrong_values_are_refused(self) -> None:
        for name, value in (("repliccas", "2"), ("replicas", "0"), ("device.resource", "no slash")):
            with self.subTest(name=name), self.assertRaises(rendering.RenderError):
                rendering.chart(settings={name: value})


Break = Callable[[Objects], object]
# rule -> overlay, what is done to it
BREAKS: dict[str, list[tuple[str, Break]]] = {
    "selectors_match": [
        ("ascend310p", lambda o: of_kind(o, "Service")[0]["spec"]["selector"].update(app="other")),
        ("ascend310p-autoscaling", lambda o: of_kind(o, "PodMonitor")[0]["spec"].update(selector={"matchLabels": {"a": "b"}})),
        ("ascend310p", lambda o: pod_spec(o)["topologySpreadConstraints"][0].update(labelSelector={})),
    ],
    "clients_are_not_servers": [
        ("ascend310p", lambda o: of_kind(o, "NetworkPolicy")[0]["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"].update({"app.kubernetes.io/name": "omserve"})),
        ("ascend310p", lambda o: of_kind(o, "NetworkPolicy")[0]["spec"].update(policyTypes=["Ingress"])),
    ],
    "ports_exist": [
        ("ascend310p", lambda o: of_kind(o, "Service")[0]["spec"]["ports"][0].update(targetPort="grcp")),
        ("ascend310p-autoscaling", lambda o: of_kind(o, "PodMonitor")[0]["spec"]["podMetricsEndpoints"][0].update(port="http")),
        ("ascend310p", lambda o: of_kind(o, "NetworkPolicy")[0]["spec"]["ingress"][1]["ports"][0].update(port="http")),
        ("ascend310p-keda", lambda o: of_kind(o, "GRPCRoute")[0]["spec"]["rules"][0]["backendRefs"][0].update(port=9000)),
    ],
    "probes_fit": [
        ("ascend310p", lambda o: server(o)["readinessProbe"]["grpc"].update(port=8500)),
        ("ascend310p", lambda o: server(o)["livenessProbe"]["grpc"].update(service="readiness")),
        ("ascend310p", lambda o: server(o)["startupProbe"].update(failureThreshold=3)),
        ("ascend310p", lambda o: server(o)["livenessProbe"].pop("timeoutSeconds")),
        ("ascend310p", lambda o: server(o).pop("startupProbe")),
    ],
    "config_fits": [
        ("ascend310p", lambda o: server(o)["ports"].pop(0)),
        ("ascend310p", lambda o: pod_spec(o)["volumes"].pop()),
        ("ascend310p", lambda o: configure(o, '"0.0.0.0:8500"', '"127.0.0.1:8500"')),
        ("ascend310p", lambda o: configure(o, '"0.0.0.0:8502"', '"127.0.0.1:8502"')),
    ],
    "secrets_are_mounted": [
        ("ascend310p-tls", lambda o: configure(o, "omserve-tls/tls.key", "omserve/tls.key")),
        ("ascend310p-tls", lambda o: mount(o, "tls").update(subPath="tls.crt")),
        ("ascend310p-tls", lambda o: of_kind(o, "Service")[0]["spec"]["ports"][0].update(appProtocol="kubernetes.io/h2c")),
        ("ascend310p", lambda o: of_kind(o, "Service")[0]["spec"]["ports"][0].update(appProtocol="https")),
    ],
    "references_exist": [
        ("ascend310p", lambda o: o.remove(of_kind(o, "PersistentVolumeClaim")[0])),
        ("ascend310p", lambda o: o.remove(of_kind(o, "ServiceAccount")[0])),
        ("ascend310p", lambda o: volume(o, "config")["configMap"].update(name="gone")),
        ("ascend310p-tls", lambda o: volume(o, "tls")["secret"].update(secretName="gone")),
        ("ascend310p", lambda o: mount(o, "config").update(name="gone")),
    ],
    "disruptions_leave_pods": [
        ("ascend310p", lambda o: deployment(o)["spec"].update(replicas=1)),
        ("ascend310p", lambda o: of_kind(o, "PodDisruptionBudget")[0]["spec"].update(minAvailable=2)),
        ("ascend310p", lambda o: deployment(o)["spec"]["strategy"]["rollingUpdate"].update(maxUnavailable=0)),
    ],
    "scaling_fits": [
        ("ascend310p-autoscaling", lambda o: of_kind(o, "HorizontalPodAutoscaler")[0]["spec"]["scaleTargetRef"].update(name="x")),
        ("ascend310p-autoscaling", lambda o: of_kind(o, "HorizontalPodAutoscaler")[0]["spec"]["metrics"][0]["pods"]["metric"].update(name="npu")),
        ("ascend310p-keda", lambda o: of_kind(o, "ScaledObject")[0]["spec"]["triggers"][0]["metadata"].pop("ignoreNullValues")),
        ("ascend310p-keda", lambda o: of_kind(o, "ScaledObject")[0]["spec"].pop("fallback")),
        ("ascend310p-keda", lambda o: o.extend(of_kind(fresh("ascend310p-autoscaling"), "HorizontalPodAutoscaler"))),
    ],
    "grace_suffices": [
        ("ascend310p", lambda o: pod_spec(o).update(terminationGracePeriodSeconds=60)),
        ("ascend310p", lambda o: server(o).pop("lifecycle")),
    ],
    "resources_are_exact": [
        ("ascend310p", lambda o: server(o)["resources"]["requests"].pop("huawei.com/Ascend310P")),
        ("ascend310p", lambda o: server(o)["resources"]["limits"].pop("memory")),
    ],
    "ascend_rules": [
        ("ascend310p", lambda o: server(o)["env"].append({"name": "ASCEND_VISIBLE_DEVICES", "value": "0"})),
        ("ascend310p-volcano", lambda o: server(o)["resources"].update(limits={"huawei.com/Ascend910": "1"})),
        ("ascend310p-vnpu", lambda o: server(o)["resources"]["limits"].update({"huawei.com/Ascend310P-2c": "2"})),
        ("ascend310p-vnpu", lambda o: server(o).update(env=[])),
        ("ascend310p", lambda o: server(o)["env"].append({"name": "HOSTACL_DEVICES", "value": "1"})),
    ],
    "restricted": [
        ("ascend310p", lambda o: pod_spec(o)["securityContext"].update(runAsUser=65534)),
        ("ascend310p", lambda o: pod_spec(o)["volumes"].append({"name": "dev", "hostPath": {"path": "/dev"}})),
        ("ascend310p", lambda o: server(o)["securityContext"].update(readOnlyRootFilesystem=False)),
        ("ascend310p", lambda o: server(o).pop("securityContext")),
        ("ascend310p", lambda o: pod_spec(o).update(hostNetwork=True)),
        ("ascend310p", lambda o: pod_spec(o).update(automountServiceAccountToken=True)),
    ],
}  # fmt: skip


class Rules(unittest.TestCase):
    def test_every_rule_finds_what_it_is_for(self) -> None:
        self.assertEqual({rule.__name__ for rule in kubernetes_rules.RULES}, set(BREAKS))
        for rule in kubernetes_rules.RULES:
            for number, (name, change) in enumerate(BREAKS[rule.__name__]):
                objects = fresh(name)
                change(objects)
                with self.subTest(rule=rule.__name__, number=number):
                    self.assertNotEqual(list(rule(objects)), [])

    def test_configuration_with_an_unknown_field_is_refused(self) -> None:
        objects = fresh("ascend310p")
        of_kind(objects, "ConfigMap")[0]["data"]["server.pbtxt"] += "drain_ms: 1\n"
        with self.assertRaises(kubernetes_rules.server_config.ConfigError):
            kubernetes_rules.findings(objects)


if __name__ == "__main__":
    unittest.main()
