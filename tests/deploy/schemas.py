# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Strict validation against the published schemas: unknown fields are errors.

Kubernetes' own kinds come from the PyPI package kubernetes-validate (build/deps/kubernetes_schemas), those
of operators from the definitions in build/deps/crds, which `deploy/bootstrap.sh --cluster` brings.
"""

from __future__ import annotations

import copy
import functools
import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import yaml

from tests.deploy.rendering import ROOT, Object

FOLDER = ROOT / "build/deps/kubernetes_schemas"
CRDS = ROOT / "build/deps/crds"
# The oldest version with preStop.sleep on by default, and the newest of the package.
VERSIONS = ("1.30", "1.37")
OPERATORS = ("monitoring.coreos.com", "serving.kserve.io", "gateway.networking.k8s.io", "keda.sh")


@functools.cache
def _definitions(version: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"v{version}.0-local-strict/_definitions.json").read_text())


def _core(found: Object, version: str) -> jsonschema.protocols.Validator | None:
    group = re.sub(r"^([^./]*)(\.[^/]*)?/", r"\1-", found["apiVersion"])
    path = FOLDER / f"v{version}.0-local-strict/{found['kind'].lower()}-{group}.json"
    if not path.exists():
        return None
    schema = json.loads(path.read_text())
    # References name addresses that nothing may fetch.
    definitions = _definitions(version)
    store = {definitions["$id"]: definitions}
    resolver = jsonschema.RefResolver(schema["$id"], schema, store=store)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def closed(schema: Any) -> Any:
    """A structural schema as JSON schema: a field that it does not know is an error."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    out = {name: closed(part) for name, part in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        out.pop("type", None)
        out["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    elif isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            out.setdefault("additionalProperties", False)
    return out


@functools.cache
def _custom() -> dict[tuple[str, str], dict[str, Any]]:
    out: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(CRDS.glob("*.yaml")):
        for crd in yaml.safe_load_all(path.read_text()):
            if not crd or crd.get("kind") != "CustomResourceDefinition":
                continue
            spec = crd["spec"]
            for version in spec["versions"]:
                schema = closed(copy.deepcopy(version["schema"]["openAPIV3Schema"]))
                schema.get("properties", {})["metadata"] = {"type": "object"}
                out[(f"{spec['group']}/{version['name']}", spec["names"]["kind"])] = schema
    return out


def export(folder: pathlib.Path, version: str) -> None:
    """For kubeconform: KIND-GROUP-VERSION.json, without references to other folders."""
    source = FOLDER / f"v{version}.0-local-strict"
    for path in source.glob("*.json"):
        text = path.read_text().replace('"/api/_definitions.json#', '"_definitions.json#')
        schema = json.loads(text)
        schema.pop("$id", None)
        (folder / path.name).write_text(json.dumps(schema))
    for (version_name, kind), schema in _custom().items():
        group, number = version_name.split("/")
        (folder / f"{kind.lower()}-{group.split('.')[0]}-{number}.json").write_text(json.dumps(schema))


def is_custom(found: Object) -> bool:
    """An operator's kind, whose schema Kubernetes itself does not have."""
    return found["apiVersion"].split("/")[0] in OPERATORS


def errors(found: Object) -> Iterator[str]:
    """What is wrong with an object; a kind without a schema is wrong, too."""
    custom = _custom().get((found["apiVersion"], found["kind"]))
    if custom is not None:
        for error in jsonschema.Draft7Validator(custom).iter_errors(found):
            yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        return
    for version in VERSIONS:
        validator = _core(found, version)
        if validator is None:
            yield f"no schema for {found['apiVersion']} {found['kind']} in Kubernetes {version}"
            continue
        for error in validator.iter_errors(found):
            yield f"{version}: {'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"
