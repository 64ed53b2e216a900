# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The image that `make image` made: what is in it, and that it runs as a cluster runs it."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

from tests.deploy import container
from tests.deploy.rendering import ROOT

IMAGE = os.environ.get("OMSERVE_IMAGE", "omserve:hostacl")
MAX_MB = 400
COMPILERS = re.compile(r"^(gcc|g\+\+|cc|c\+\+|clang|cpp|ld|as|make|cmake|go|rustc|python3?)([-.][\d.]+)?$")


class Contents(unittest.TestCase):
    def test_configuration(self) -> None:
        made = container.config(IMAGE)
        self.assertEqual(made["User"], "1000:1000")
        self.assertEqual(made["Entrypoint"], ["/opt/omserve/bin/omserve"], "exec form: the server is process 1")
        self.assertEqual(made["Healthcheck"]["Test"], ["CMD", "/opt/omserve/bin/omserve-client", "health"])
        self.assertEqual(set(made["ExposedPorts"]), {"8500/tcp", "8502/tcp", "8503/tcp"})
        self.assertNotIn("ASCEND_VISIBLE_DEVICES", " ".join(made["Env"]))

    def test_small_and_without_compiler_or_suid(self) -> None:
        with container.mounted(IMAGE) as root:
            self.assertLessEqual(container.size_mb(root), MAX_MB)
            programs = [path.name for folder in ("usr/bin", "usr/sbin", "usr/local/bin") for path in (root / folder).iterdir()]
            self.assertEqual([name for name in programs if COMPILERS.match(name)], [])
            modes = [(path, path.lstat().st_mode) for path in root.rglob("*")]
            suid = [str(path) for path, mode in modes if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID)]
            self.assertEqual(suid, [])
            self.assertIn("omserve:x:1000:1000", (root / "etc/passwd").read_text())

    def test_bill_of_materials_is_complete(self) -> None:
        with container.mounted(IMAGE) as root:
            bill = json.loads((root / "usr/share/omserve/sbom.cdx.json").read_text())
            status = (root / "var/lib/dpkg/status").read_text()
        self.assertEqual((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.5"))
        named = {(part["name"], part["version"]) for part in bill["components"]}
        installed = {
            (package, version)
            for package, version in re.findall(r"^Package: (\S+)\nStatus: install ok installed\n(?:.*\n)*?Version: (\S+)", status, re.M)
        }
        self.assertGreater(len(installed), 60)
        self.assertLessEqual(installed, named)
        self.assertIn("openvino", {name for name, _ in named})
        references = [part["bom-ref"] for part in bill["components"]]
        self.assertEqual(len(references), len(set(references)))


class Running(unittest.TestCase):
    def test_serves_with_a_read_only_root_and_stops(self) -> None:
        check = container.config(IMAGE)["Healthcheck"]["Test"][1:]
        with container.running(IMAGE) as box:
            container.wait_until_healthy(box, check)
            status = pathlib.Path(f"/proc/{box.first_process()}/status").read_text()
            for name, value in (("Uid", "1000"), ("Gid", "1000"), ("CapEff", "0000000000000000"), ("CapBnd", "0000000000000000"), ("NoNewPrivs", "1"), ("NSpid", "1")):
                self.assertEqual(re.search(rf"^{name}:.*?(\w+)$", status, re.M).group(1), value, name)
            self.assertNotEqual(box.run("touch", "/opt/omserve/x").returncode, 0, "the root is read-only")
            picture = (ROOT / "models/samples/scene_3.jpg").read_bytes()
            self.assertEqual(box.run("sh", "-c", "cat >/tmp/scene.jpg", given=picture).returncode, 0)
            found = box.run("/opt/omserve/bin/omserve-client", "detect", "/tmp/scene.jpg", "--json")
            self.assertEqual(found.returncode, 0, found.stderr.decode())
            self.assertIn("bag", found.stdout.decode())
            self.assertEqual(box.stop(), 0, box.log.read_text())
            self.assertIn("ready", box.log.read_text())


class ForACard(unittest.TestCase):
    """The image with CANN, where hostacl lies in CANN's place: the layout is what is tested."""

    TAG = "omserve:ascend-test"
    CANN = "omserve-cann-stand-in"

    @classmethod
    def setUpClass(cls) -> None:
        with tempfile.TemporaryDirectory() as folder:
            toolkit = pathlib.Path(folder, "Ascend/ascend-toolkit/latest/lib64")
            shutil.copytree(container.IMAGE / "out/lib", toolkit)
            pathlib.Path(folder, "Dockerfile").write_text("FROM scratch\nCOPY Ascend /usr/local/Ascend\n")
            container.buildah("bud", "-q", "-t", cls.CANN, folder)
        subprocess.run(
            [str(ROOT / "deploy/image/build.sh"), "--target", "ascend", "--tag", cls.TAG]
            + ["--build-arg", f"CANN_IMAGE=localhost/{cls.CANN}"],
            check=True, capture_output=True, timeout=500,
        )  # fmt: skip

    def test_serves_mounted_models_with_the_library_of_cann(self) -> None:
        made = container.config(self.TAG)
        self.assertEqual(made["User"], "1000:1000")
        check = made["Healthcheck"]["Test"][1:]
        with container.mounted(self.TAG) as root:
            self.assertFalse((root / "opt/omserve/lib").exists(), "no hostacl in an image for a card")
        with container.running(self.TAG, {container.IMAGE / "out/models": "/models"}) as box:
            container.wait_until_healthy(box, check)
            self.assertIn("ready", box.log.read_text())
            self.assertEqual(box.stop(), 0)


class Bases(unittest.TestCase):
    def test_dockerfile_pins_and_takes_bases_as_arguments(self) -> None:
        text = (ROOT / "Dockerfile").read_text()
        stages = re.findall(r"^FROM (\S+)(?: AS (\S+))?", text, re.M)
        names = {name for _, name in stages}
        for base, _ in stages:
            self.assertTrue(base.startswith("${") or base in names or base == "scratch", base)
        self.assertRegex(text, r"(?m)^ARG BASE_IMAGE=docker\.io/library/debian:bookworm-\d{8}-slim@sha256:[0-9a-f]{64}$")
        self.assertNotIn("ADD ", text)
        self.assertNotIn(":latest", text)

    def test_context_has_no_secrets_or_build_folders(self) -> None:
        ignored = (ROOT / ".dockerignore").read_text().split()
        self.assertEqual(ignored[:2], [".git", "build/*"])
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        self.assertNotRegex(listed, r"\.(pem|key|p12)\n")


if __name__ == "__main__":
    unittest.main()
