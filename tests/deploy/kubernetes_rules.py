# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What no schema says: the parts of a rendered set of objects fit together and fit the server.

A rule takes the set and yields (object, finding).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tests.deploy import server_config
from tests.deploy.pods import Pod, pods, selects
from tests.deploy.rendering import Object, Objects, key, of_kind

Finding = tuple[str, str]
Rule = Callable[[Objects], Iterator[Finding]]

# Made by the cluster's own means, as deploy/README.md says.
EXTERNAL = {("secret", "omserve-tls")}
TEARDOWN_SECONDS = 15
STARTUP_SECONDS = 300
# What the recording rules feed the autoscaler with (components/autoscaling/prometheus-adapter.yaml).
POD_METRICS = {"omserve_inflight", "omserve_queue_depth", "omserve_queue_seconds_p90"}


def _config(objects: Objects) -> server_config.ServerConfig | None:
    for found in of_kind(objects, "ConfigMap"):
        if "server.pbtxt" in found.get("data", {}):
            return server_config.read(found["data"]["server.pbtxt"])
    return None


def selectors_match(objects: Objects) -> Iterator[Finding]:
    all_pods = list(pods(objects))
    for found in objects:
        spec = found.get("spec", {})
        wanted = {
            "Deployment": lambda: spec["selector"],
            "Service": lambda: spec.get("selector"),
            "PodDisruptionBudget": lambda: spec["selector"],
            "NetworkPolicy": lambda: spec["podSelector"],
            "PodMonitor": lambda: spec["selector"],
        }.get(found["kind"])
        if wanted and not any(selects(wanted(), pod.labels) for pod in all_pods):
            yield key(found), "its selector selects no pod of the set"
    for pod in all_pods:
        for spread in pod.spec.get("topologySpreadConstraints", []):
            if not selects(spread["labelSelector"], pod.labels):
                yield pod.name, "its topology spread does not count its own pods"


def clients_are_not_servers(objects: Objects) -> Iterator[Finding]:
    for policy in of_kind(objects, "NetworkPolicy"):
        own = policy["spec"]["podSelector"].get("matchLabels", {})
        for rule in [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]:
            for peer in [*rule.get("from", []), *rule.get("to", [])]:
                if own.items() & peer.get("podSelector", {}).get("matchLabels", {}).items():
                    yield key(policy), "a peer is selected by the server's own label"
        if {"Ingress", "Egress"} - set(policy["spec"].get("policyTypes", [])):
            yield key(policy), "must rule both directions"


def ports_exist(objects: Objects) -> Iterator[Finding]:
    names = {name for pod in pods(objects) for name in pod.ports()}
    services = {found["metadata"]["name"]: found for found in of_kind(objects, "Service")}
    for found in services.values():
        for port in found["spec"]["ports"]:
            if port["targetPort"] not in names:
                yield key(found), f"targetPort {port['targetPort']} is no container's port"
    for found in of_kind(objects, "NetworkPolicy"):
        for rule in found["spec"].get("ingress", []):
            for port in rule.get("ports", []):
                if port["port"] not in names:
                    yield key(found), f"port {port['port']} is no container's port"
    for found in of_kind(objects, "PodMonitor"):
        for end in found["spec"]["podMetricsEndpoints"]:
            if end["port"] not in names:
                yield key(found), f"port {end['port']} is no container's port"
    for found in of_kind(objects, "GRPCRoute"):
        for rule in found["spec"]["rules"]:
            for end in rule["backendRefs"]:
                service = services.get(end["name"], {"spec": {"ports": []}})
                if end["port"] not in [port["port"] for port in service["spec"]["ports"]]:
                    yield key(found), f"no Service {end['name']} with port {end['port']}"


def probes_fit(objects: Objects) -> Iterator[Finding]:
    config = _config(objects)
    for pod in pods(objects):
        for probe, service in (("startup", "readiness"), ("readiness", "readiness"), ("liveness", "liveness")):
            got = pod.server.get(f"{probe}Probe", {})
            if not got.get("grpc"):
                yield pod.name, f"{probe}Probe is no gRPC probe"
                continue
            if config and got["grpc"]["port"] != config.port("health"):
                yield pod.name, f"{probe}Probe asks port {got['grpc']['port']}, health is at {config.port('health')}"
            if got["grpc"].get("service") != service:
                yield pod.name, f"{probe}Probe asks for {got['grpc'].get('service')}, not for {service}"
            if got.get("timeoutSeconds", 1) < 2:
                yield pod.name, f"{probe}Probe gives the answer one second"
        startup = pod.server.get("startupProbe", {})
        if startup.get("periodSeconds", 10) * startup.get("failureThreshold", 3) < STARTUP_SECONDS:
            yield pod.name, f"models get less than {STARTUP_SECONDS} s to load"


def config_fits(objects: Objects) -> Iterator[Finding]:
    config = _config(objects)
    for pod in pods(objects):
        if config is None:
            yield pod.name, "no ConfigMap with server.pbtxt"
            continue
        ports = pod.ports()
        for listener in ("grpc", "metrics", "health"):
            outside = config.host(listener) == "0.0.0.0"
            declared = config.port(listener) in ports.values()
            if not outside and declared:
                yield pod.name, f"port {config.port(listener)} is declared, but {listener} is on {config.host(listener)}"
            if listener == "grpc" and outside and not declared:
                yield pod.name, f"the server's port {config.port('grpc')} is not declared"
        if config.host("health") != "0.0.0.0":
            yield pod.name, "the kubelet cannot reach the health port"
        volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
        writable = [
            mount["mountPath"]
            for mount in pod.server.get("volumeMounts", [])
            if "emptyDir" in volumes.get(mount["name"], {})
        ]
        paths = {"cache_dir": config.cache_dir}
        paths |= {
            name: entry["value"]
            for name, entry in pod.env().items()
            if name in ("ASCEND_WORK_PATH", "ASCEND_PROCESS_LOG_PATH")
        }
        for name, path in paths.items():
            if not any(path == root or path.startswith(root + "/") for root in writable):
                yield pod.name, f"{name} {path!r} lies on the read-only root"


def secrets_are_mounted(objects: Objects) -> Iterator[Finding]:
    """Whole folders, so that the kubelet can change them; and no client is told of plain text."""
    config = _config(objects)
    for pod in pods(objects):
        secret = {volume["name"] for volume in pod.spec.get("volumes", []) if "secret" in volume}
        folders = [
            mount["mountPath"]
            for mount in pod.server.get("volumeMounts", [])
            if mount["name"] in secret and "subPath" not in mount
        ]
        for path in config.secrets if config else []:
            if path.rsplit("/", 1)[0] not in folders:
                yield pod.name, f"{path} is in no folder of a secret"
    for service in of_kind(objects, "Service"):
        for port in service["spec"]["ports"]:
            if config and config.tls != (port.get("appProtocol") == "https"):
                yield key(service), f"appProtocol {port.get('appProtocol')}, but TLS is {'on' if config.tls else 'off'}"


def references_exist(objects: Objects) -> Iterator[Finding]:
    have = {
        kind: {found["metadata"]["name"] for found in of_kind(objects, kind)}
        for kind in ("ConfigMap", "PersistentVolumeClaim", "ServiceAccount", "Secret")
    }
    for pod in pods(objects):
        account = pod.spec.get("serviceAccountName")
        if account and account not in have["ServiceAccount"]:
            yield pod.name, f"no ServiceAccount {account}"
        for volume in pod.spec.get("volumes", []):
            if "configMap" in volume and volume["configMap"]["name"] not in have["ConfigMap"]:
                yield pod.name, f"no ConfigMap {volume['configMap']['name']}"
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim and claim not in have["PersistentVolumeClaim"]:
                yield pod.name, f"no PersistentVolumeClaim {claim}"
            secret = volume.get("secret", {}).get("secretName")
            if secret and secret not in have["Secret"] and ("secret", secret) not in EXTERNAL:
                yield pod.name, f"no Secret {secret}"
        names = {volume["name"] for volume in pod.spec.get("volumes", [])}
        for container in pod.containers:
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in names:
                    yield pod.name, f"no volume {mount['name']}"


def disruptions_leave_pods(objects: Objects) -> Iterator[Finding]:
    for budget in of_kind(objects, "PodDisruptionBudget"):
        for deployment in of_kind(objects, "Deployment"):
            replicas = deployment["spec"].get("replicas", 1)
            spec = budget["spec"]
            if "maxUnavailable" in spec and not 0 < spec["maxUnavailable"] < replicas:
                yield key(budget), f"maxUnavailable {spec['maxUnavailable']} of {replicas} replicas"
            if "minAvailable" in spec and spec["minAvailable"] >= replicas:
                yield key(budget), "minAvailable blocks every drain of a node"
    for deployment in of_kind(objects, "Deployment"):
        update = deployment["spec"]["strategy"]["rollingUpdate"]
        if update["maxSurge"] == 0 and update["maxUnavailable"] == 0:
            yield key(deployment), "a rollout can neither add nor remove a pod"


def scaling_fits(objects: Objects) -> Iterator[Finding]:
    names = {found["metadata"]["name"] for found in of_kind(objects, "Deployment")}
    for found in [*of_kind(objects, "HorizontalPodAutoscaler"), *of_kind(objects, "ScaledObject")]:
        spec = found["spec"]
        if spec["scaleTargetRef"]["name"] not in names:
            yield key(found), f"no Deployment {spec['scaleTargetRef']['name']}"
        for metric in spec.get("metrics", []):
            if metric.get("pods", {}).get("metric", {}).get("name") not in POD_METRICS:
                yield key(found), f"a metric that nothing makes: {metric}"
        for trigger in spec.get("triggers", []):
            if trigger["metadata"].get("ignoreNullValues") != "false":
                yield key(found), "a lost Prometheus would look like no load: ignoreNullValues must be \"false\""
            if not spec.get("fallback"):
                yield key(found), "no fallback for a lost Prometheus"
    if len(of_kind(objects, "HorizontalPodAutoscaler")) + len(of_kind(objects, "ScaledObject")) > 1:
        yield "set", "two autoscalers for one Deployment"


def grace_suffices(objects: Objects) -> Iterator[Finding]:
    config = _config(objects)
    for pod in pods(objects):
        own = pod.server.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if own < 5:
            yield pod.name, "no preStop: calls still come while endpoints forget the pod"
        needed = own + (config.drain_seconds if config else 0) + TEARDOWN_SECONDS
        if (pod.grace or 30) < needed:
            yield pod.name, f"grace {pod.grace or 30} s, needed {needed:g} s"


def resources_are_exact(objects: Objects) -> Iterator[Finding]:
    for pod in pods(objects):
        for container in pod.containers:
            resources = container.get("resources", {})
            requests, limits = resources.get("requests", {}), resources.get("limits", {})
            for name in requests.keys() | limits.keys():
                if "/" in name and requests.get(name) != limits.get(name):
                    yield pod.name, f"{name}: requests and limits differ"
            if "memory" not in limits or "cpu" not in requests:
                yield pod.name, f"{container['name']} has no memory limit or no CPU request"


def _devices(pod: Pod) -> dict[str, str]:
    limits = pod.server.get("resources", {}).get("limits", {})
    return {name: count for name, count in limits.items() if "/" in name}


def ascend_rules(objects: Objects) -> Iterator[Finding]:
    for pod in pods(objects):
        devices, env = _devices(pod), pod.env()
        visible = env.get("ASCEND_VISIBLE_DEVICES")
        volcano = pod.spec.get("schedulerName") == "volcano"
        if visible and not volcano:
            yield pod.name, "ASCEND_VISIBLE_DEVICES is Volcano's"
        if volcano and devices:
            path = (visible or {}).get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
            if path not in [f"metadata.annotations['{name}']" for name in devices]:
                yield pod.name, "under Volcano the chip comes from the annotation with the resource's name"
        for name, count in devices.items():
            if not re.search(r"-\d+c(\.|$)", name):
                continue
            if count != "1":
                yield pod.name, f"{name}: one static vNPU a pod"
            if env.get("ASCEND_RUNTIME_OPTIONS", {}).get("value") != "VIRTUAL":
                yield pod.name, f"{name} needs ASCEND_RUNTIME_OPTIONS=VIRTUAL"
            if visible:
                yield pod.name, f"{name}: ASCEND_VISIBLE_DEVICES must not be set"
        if devices and "HOSTACL_DEVICES" in env:
            yield pod.name, "a chip and hostacl"


def restricted(objects: Objects) -> Iterator[Finding]:
    """Pod Security Standard 'restricted', the user of the device nodes, a read-only root."""
    for pod in pods(objects):
        outer = pod.spec.get("securityContext", {})
        for container in [*pod.containers, *pod.spec.get("initContainers", [])]:
            inner = container.get("securityContext", {})
            both = {**outer, **inner}
            checks = {
                "runAsNonRoot": both.get("runAsNonRoot") is True,
                "uid and gid 1000": (both.get("runAsUser"), both.get("runAsGroup")) == (1000, 1000),
                "seccomp RuntimeDefault": both.get("seccompProfile", {}).get("type") == "RuntimeDefault",
                "no escalation": inner.get("allowPrivilegeEscalation") is False,
                "read-only root": inner.get("readOnlyRootFilesystem") is True,
                "drop ALL": inner.get("capabilities") == {"drop": ["ALL"]},
                "not privileged": not inner.get("privileged"),
            }
            for what, holds in checks.items():
                if not holds:
                    yield pod.name, f"{container['name']}: {what}"
        if any("hostPath" in volume for volume in pod.spec.get("volumes", [])):
            yield pod.name, "hostPath"
        if any(pod.spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
            yield pod.name, "a namespace of the host"
        if pod.owner["kind"] == "Deployment" and pod.spec.get("automountServiceAccountToken") is not False:
            yield pod.name, "the token of the service account is mounted"


RULES: tuple[Rule, ...] = (
    selectors_match, clients_are_not_servers, ports_exist, probes_fit, config_fits, secrets_are_mounted,
    references_exist, disruptions_leave_pods, scaling_fits, grace_suffices, resources_are_exact, ascend_rules, restricted,
)  # fmt: skip


def findings(objects: Objects) -> list[Finding]:
    return [found for rule in RULES for found in rule(objects)]


__all__ = ["RULES", "Finding", "Object", "findings"]
