# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A CycloneDX bill of materials of the image: Debian's packages, those whose archives are within the programs, the
engine's wheel.

usage: sbom.py DPKG_STATUS LINKED_STATUS REQUIREMENTS     JSON to standard output
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
from collections.abc import Iterator
from typing import Any


def debian(status: str, linkage: str = "dynamic") -> Iterator[dict[str, Any]]:
    """Installed packages of a dpkg status file. 'linkage' is how the image has them: as files of their own, or static."""
    for paragraph in status.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, flags=re.M))
        if not fields.get("Status", "").endswith(" installed"):
            continue
        name, version, arch = fields["Package"], fields["Version"], fields["Architecture"]
        quoted = version.replace("+", "%2B").replace(":", "%3A").replace("~", "%7E")
        purl = f"pkg:deb/debian/{name}@{quoted}?arch={arch}&distro=debian-12"
        source = fields.get("Source", name).split(" ")[0]
        yield {
            "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
            "properties": [{"name": "debian:source", "value": source}, {"name": "omserve:linkage", "value": linkage}],
        }  # fmt: skip


def wheels(requirements: str) -> Iterator[dict[str, Any]]:
    """Pinned lines of a requirements file, with their hashes."""
    for name, version, rest in re.findall(r"^([\w.-]+)==(\S+)((?:\s*\\\n\s+--hash=\S+)*)", requirements, flags=re.M):
        purl = f"pkg:pypi/{name}@{version}"
        hashes = [{"alg": "SHA-256", "content": value} for value in re.findall(r"sha256:([0-9a-f]{64})", rest)]
        yield {
            "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
            "licenses": [{"license": {"id": "Apache-2.0"}}], "hashes": hashes,
        }  # fmt: skip


def bill(status: str, linked: str, requirements: str) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {
            "component": {"type": "container", "name": "omserve", "licenses": [{"license": {"id": "Apache-2.0"}}]}
        },
        "components": [*debian(status), *debian(linked, "static"), *wheels(requirements)],
    }  # fmt: skip


def main() -> int:
    status, linked, requirements = (pathlib.Path(path).read_text() for path in sys.argv[1:4])
    json.dump(bill(status, linked, requirements), sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
