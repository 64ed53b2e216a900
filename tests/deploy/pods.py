# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Pod templates of rendered objects, whatever kind carries them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.deploy.rendering import Object, Objects, key

SERVER = ("server", "kserve-container")


@dataclass(frozen=True)
class Pod:
    owner: Object
    labels: dict[str, str]
    spec: dict[str, Any]
    grace: int | None

    @property
    def name(self) -> str:
        return key(self.owner)

    @property
    def containers(self) -> list[dict[str, Any]]:
        return self.spec["containers"]

    @property
    def server(self) -> dict[str, Any]:
        return next(found for found in self.containers if found["name"] in SERVER)

    def ports(self) -> dict[str, int]:
        return {
            port["name"]: port["containerPort"]
            for container in self.containers
            for port in container.get("ports", [])
        }

    def env(self) -> dict[str, Any]:
        return {entry["name"]: entry for entry in self.server.get("env", [])}


def pods(objects: Objects) -> Iterator[Pod]:
    """Those of Deployments, and KServe's, whose InferenceService brings the grace period."""
    services = [found for found in objects if found["kind"] == "InferenceService"]
    for found in objects:
        if found["kind"] == "Deployment":
            template = found["spec"]["template"]
            spec = template["spec"]
            yield Pod(found, template["metadata"]["labels"], spec, spec.get("terminationGracePeriodSeconds"))
        elif found["kind"] == "ServingRuntime":
            predictor = services[0]["spec"]["predictor"] if services else {}
            labels = found["spec"].get("labels", {})
            yield Pod(found, labels, found["spec"], predictor.get("terminationGracePeriodSeconds"))


def selects(selector: dict[str, Any] | None, labels: dict[str, str]) -> bool:
    """matchLabels only; a selector that says nothing selects nothing here."""
    wanted = (selector or {}).get("matchLabels", selector or {})
    return bool(wanted) and all(labels.get(name) == value for name, value in wanted.items())
