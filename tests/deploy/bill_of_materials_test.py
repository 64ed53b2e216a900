# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The image's bill of materials out of a dpkg status file and pinned wheels."""

from __future__ import annotations

import unittest

from deploy.image import sbom
from tests.deploy.rendering import ROOT

STATUS = """Package: libfoo1
Status: install ok installed
Architecture: amd64
Source: foo (1.2-3)
Version: 1:1.2+dfsg-3~deb12u1
Description: a library
 Package: not a field

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""


class Bill(unittest.TestCase):
    def test_installed_packages_only_with_quoted_versions(self) -> None:
        parts = list(sbom.debian(STATUS))
        self.assertEqual([(part["name"], part["version"]) for part in parts], [("libfoo1", "1:1.2+dfsg-3~deb12u1")])
        self.assertEqual(parts[0]["purl"], "pkg:deb/debian/libfoo1@1%3A1.2%2Bdfsg-3%7Edeb12u1?arch=amd64&distro=debian-12")
        self.assertEqual(parts[0]["properties"][0]["value"], "foo")

    def test_wheel_has_its_hashes(self) -> None:
        parts = list(sbom.wheels((ROOT / "deploy/openvino.txt").read_text()))
        self.assertEqual([part["name"] for part in parts], ["openvino"])
        self.assertEqual([len(found["content"]) for found in parts[0]["hashes"]], [64, 64])

    def test_nothing_gives_no_parts(self) -> None:
        self.assertEqual(sbom.bill("", "", "")["components"], [])

    def test_what_is_within_the_programs_is_told_from_what_lies_beside_them(self) -> None:
        parts = sbom.bill(STATUS, STATUS.replace("libfoo1", "libfoo-dev"), "")["components"]
        linkage = {part["name"]: part["properties"][1]["value"] for part in parts}
        self.assertEqual(linkage, {"libfoo1": "dynamic", "libfoo-dev": "static"})


if __name__ == "__main__":
    unittest.main()
