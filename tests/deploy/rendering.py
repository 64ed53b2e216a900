# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The Kubernetes objects of the overlays and of the chart, as the tools render them."""

from __future__ import annotations

import os
import pathlib
import subprocess
from typing import Any

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy/kubernetes"
TOOLS = ROOT / "build/deps/kubernetes"

Object = dict[str, Any]
Objects = list[Object]


class RenderError(Exception):
    """What the tool said."""


def _run(command: list[str]) -> Objects:
    if not pathlib.Path(command[0]).exists():
        raise RenderError(f"{command[0]} is missing: run deploy/bootstrap.sh --operations")
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise RenderError(done.stderr.strip()[-2000:])
    return [found for found in yaml.safe_load_all(done.stdout) if found]


def overlay_names() -> list[str]:
    """Overlays, and the folder of KServe's objects."""
    found = sorted(path.parent.name for path in KUBERNETES.glob("overlays/*/kustomization.yaml"))
    assert found, "no overlay"
    return [*(f"overlays/{name}" for name in found), "kserve"]


def overlay(name: str) -> Objects:
    """'name' is relative to deploy/kubernetes, or absolute."""
    # The rules and dashboards are shared with Prometheus and Grafana outside of Kubernetes.
    return _run([str(TOOLS / "kubectl"), "kustomize", os.fspath(KUBERNETES / name)])


def chart(values: str | None = None, settings: dict[str, str] | None = None) -> Objects:
    """'values' is the name in values-NAME.yaml."""
    command = [str(TOOLS / "helm"), "template", "omserve", str(KUBERNETES / "chart")]
    if values:
        command += ["--values", str(KUBERNETES / f"chart/values-{values}.yaml")]
    for key, value in (settings or {}).items():
        command += ["--set", f"{key}={value}"]
    return _run(command)


def chart_values() -> list[str]:
    return sorted(path.stem[len("values-") :] for path in KUBERNETES.glob("chart/values-*.yaml"))


def key(found: Object) -> str:
    return f"{found['kind']}/{found['metadata']['name']}"


def of_kind(objects: Objects, kind: str) -> Objects:
    return [found for found in objects if found["kind"] == kind]
