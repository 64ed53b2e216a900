# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""omserve-doctor from end to end: a folder of OM files becomes a served repository, and what a device
takes and answers comes back as a profile and golden files."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy as np
from onnx import helper
from PIL import Image

from deploy.with_server import ROOT, running_server
from tests.bench.sched_models import compile_om

BUILD = ROOT / "build/release"
DOCTOR = BUILD / "bin/omserve-doctor"
LIBRARY = BUILD / "hostacl/lib64/libascendcl.so"
DEPS = ROOT / "build/deps"
SOC = "Ascend310P3"  # hostacl's own, unless a profile says another
LIMIT = 300.0  # seconds, for commands that take a few
SLOWER = 20.0  # an acted card, against what was measured
sys.path[:0] = [str(DEPS), str(DEPS / "tritonclient/purelib")]

import tritonclient.grpc as triton  # noqa: E402


def doctor(
    *arguments: str | pathlib.Path, status: int = 0, program: pathlib.Path = DOCTOR, **variables: str
) -> dict[str, object]:
    """The JSON that a command of the doctor printed; it must end with 'status'."""
    command = [str(program), f"--acl-library={LIBRARY}", *map(str, arguments), "--json"]
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        env={**os.environ, "HOSTACL_DEVICES": "1", **variables},
    )
    if run.returncode != status:
        raise AssertionError(f"{command} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
    return json.loads(run.stdout)


def colour_model(folder: pathlib.Path) -> None:
    """A classifier of pictures of 16 x 16 pixels: the channel with the largest mean."""
    folder.mkdir(parents=True)
    nodes = [
        helper.make_node("GlobalAveragePool", ["pixels"], ["means"]),
        helper.make_node("Flatten", ["means"], ["scores"], axis=1),
    ]
    compile_om(
        folder / "net.om", nodes, [], {"pixels": [3, 16, 16]}, {"scores": [3]}, [1, 2, 4], SOC
    )
    (folder / "labels.txt").write_text("red\ngreen\nblue\n")


def identity_om(om: pathlib.Path, name: str = "INPUT0") -> None:
    nodes = [helper.make_node("Identity", [name], ["OUTPUT0"])]
    compile_om(om, nodes, [], {name: [256]}, {"OUTPUT0": [256]}, [1, 8], SOC)


class DoctorTest(unittest.TestCase):
    def setUp(self) -> None:
        self.scratch = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.models = self.scratch / "models"
        self.models.mkdir()

    def copy_without_manifest(self, source: pathlib.Path, name: str) -> None:
        shutil.copytree(source, self.models / name, ignore=shutil.ignore_patterns("*.pbtxt"))

    def check_config(self) -> str:
        command = [BUILD / "bin/omserve", "--config", ROOT / "deploy/server.pbtxt"]
        command += ["--model-dir", self.models, "--check-config"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout

    def test_init_recognises_the_families_and_the_server_reads_it(self) -> None:
        self.copy_without_manifest(BUILD / "test_models/vitdet", "garments")
        self.copy_without_manifest(BUILD / "test_models/internvit", "features")
        self.copy_without_manifest(BUILD / "test_ocr_models/models/ppocr_v4", "text")
        colour_model(self.models / "colours")
        identity_om(self.models / "plain.om")
        identity_om(self.models / "words.om", "input_ids")
        report = doctor("init", self.models)
        kinds = {pipeline["name"]: pipeline["kind"] for pipeline in report["pipelines"]}
        self.assertEqual(
            kinds,
            {"garments": "vitdet", "features": "internvit", "text": "ppocr"}
            | {"colours": "classify", "plain": "tensor", "words": "tensor"},
        )
        words = next(p for p in report["pipelines"] if p["name"] == "words")
        self.assertIn("GroundingDINO", words["reasons"][0])
        summary = self.check_config()
        for name, kind in kinds.items():
            self.assertRegex(summary, rf"pipeline +{name} 1 \({kind}, ")
        again = doctor("init", self.models)
        self.assertEqual(again["pipelines"], [])  # every file has its manifest
        self.assertEqual(len(again["left_out"]), len(list(self.models.rglob("*.om"))))

    def test_what_init_wrote_answers(self) -> None:
        self.copy_without_manifest(BUILD / "test_models/vitdet", "garments")
        colour_model(self.models / "colours")
        identity_om(self.models / "plain.om")
        doctor("init", self.models)
        picture = self.scratch / "green.png"
        Image.new("RGB", (40, 30), (20, 230, 10)).save(picture)
        log = self.scratch / "log"
        with running_server(BUILD, self.models, 1, log=log, host_threads=2) as server:
            with triton.InferenceServerClient(server.address) as client:
                self.assertTrue(client.is_model_ready("garments.backbone"))
                image = triton.InferInput("image", [1], "BYTES")
                image.set_data_from_numpy(np.array([picture.read_bytes()], dtype=np.object_))
                best = client.infer("colours", [image], parameters={"top_k": 2})
                self.assertEqual(best.as_numpy("label_names")[0], b"green")
                self.assertEqual(best.as_numpy("labels").shape, (2,))
                self.assertGreater(best.as_numpy("scores")[0], 0.9)
                config = client.get_model_config("colours").config
                self.assertEqual(config.parameters["pipeline"].string_value, "classify")
                values = np.arange(512, dtype=np.float32).reshape(2, 256)
                rows = triton.InferInput("INPUT0", [2, 256], "FP32")
                rows.set_data_from_numpy(values)
                echoed = client.infer("plain", [rows]).as_numpy("OUTPUT0")
                np.testing.assert_array_equal(echoed, values)
            command = [BUILD / "bin/omserve-client", "embed", picture, "--model", "colours"]
            command += ["--server", server.address, "--json"]
            run = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("green", run.stdout)

    def test_a_profile_is_what_was_measured_and_hostacl_keeps_its_times(self) -> None:
        colour_model(self.models / "colours")
        identity_om(self.models / "plain.om")
        out = self.scratch / "out"
        report = doctor("profile", self.models, "--out", out, "--runs", "5", "--no-conformance")
        profile = json.loads((out / "profile.json").read_text())
        measured = {
            model["name"]: {str(gear["gear"]): gear["median_ms"] for gear in model["gears"]}
            for model in report["models"]
        }
        self.assertEqual(set(measured["net"]), {"1", "2", "4"})
        self.assertEqual(set(measured["plain"]), {"1", "8"})
        for name, gears in measured.items():
            for gear, milliseconds in gears.items():
                self.assertEqual(profile["models"][name][gear], milliseconds)
        # A card that is slower, as the file says: hostacl is never faster than its profile.
        for name, gears in measured.items():
            for gear in gears:
                profile["models"][name][gear] *= SLOWER
        slow = self.scratch / "slow.json"
        slow.write_text(json.dumps(profile))
        for file, factor in ((out / "profile.json", 1.0), (slow, SLOWER)):
            acted = doctor(
                "profile", self.models, "--out", self.scratch / "acted", "--runs", "3",
                "--no-conformance", HOSTACL_PROFILE=str(file),
            )
            self.assertEqual(acted["chip"], profile["soc"])
            for model in acted["models"]:
                for gear in model["gears"]:
                    wanted = measured[model["name"]][str(gear["gear"])] * factor
                    self.assertGreater(gear["least_ms"], 0.99 * wanted, (model["name"], gear))

    def test_golden_files_tell_another_model_from_the_same(self) -> None:
        colour_model(self.models / "colours")
        identity_om(self.models / "plain.om")
        out = self.scratch / "out"
        doctor("profile", self.models, "--out", out, "--runs", "1", "--no-conformance")
        values = np.load(out / "golden/colours/net/gear_1/input_0.npy")
        scores = np.load(out / "golden/colours/net/gear_1/output_0.npy")
        np.testing.assert_allclose(scores, values.mean(axis=(2, 3)), atol=1e-6)
        same = doctor("compare", out / "golden", self.models)
        self.assertTrue(all(model["same_om"] for model in same["models"]))
        shutil.copy(self.models / "plain.om", self.models / "colours/net.om")
        other = doctor("compare", out / "golden", self.models, status=1)
        self.assertEqual([model["ok"] for model in other["models"]], [False, True])
        with (out / "golden/plain/gear_1/output_0.npy").open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"\x01")
        broken = doctor("compare", out / "golden", self.models, status=1)
        self.assertIn("SHA-256", broken["models"][1]["problem"])

    def test_the_conformance_suite_runs_or_is_said_to_be_missing(self) -> None:
        identity_om(self.models / "plain.om")
        suite = self.scratch / "suite"
        suite.mkdir()
        command = ["profile", self.models, "--out", self.scratch / "out", "--runs", "1"]
        command += ["--conformance", suite]
        missing = doctor(*command, status=1)
        self.assertIn("the conformance suite is not installed", missing["problems"][0])
        program = "conformance_function_table"
        (suite / program).symlink_to(BUILD / "tests" / program)
        result = doctor(*command)["conformance"]
        self.assertEqual([one["program"] for one in result], [program])
        self.assertEqual((result[0]["problem"], result[0]["failures"]), ("", []))
        self.assertGreater(result[0]["passed"], 0)

    def test_installed_it_brings_the_suite(self) -> None:
        identity_om(self.models / "plain.om")
        prefix = self.scratch / "prefix"
        install = ["cmake", "--install", BUILD, "--component", "omserve_doctor", "--prefix", prefix]
        subprocess.run(install, check=True, capture_output=True, timeout=LIMIT)
        command = ["profile", self.models, "--out", self.scratch / "out", "--runs", "1"]
        # Those that need the compiler, the samples, and the folder of the library.
        few = {"GTEST_FILTER": "*Samples*:Trap25*:Trap40*"}
        result = doctor(*command, program=prefix / "bin/omserve-doctor", **few)["conformance"]
        wanted = {path.name for path in (ROOT / "build/release/tests").glob("conformance_*")}
        self.assertEqual({one["program"] for one in result}, wanted)
        self.assertFalse([one for one in result if one["problem"] or one["failures"] or one["skipped"]])
        ran = {one["program"] for one in result if one["passed"] > 0}
        self.assertEqual(ran, {"conformance_samples", "conformance_gear_traps", "conformance_handle_traps"})


if __name__ == "__main__":
    unittest.main()
