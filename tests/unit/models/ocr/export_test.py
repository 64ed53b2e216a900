# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The recipe for a recognition model of one's own: what fits goes through, what does not is named."""

from __future__ import annotations

import contextlib
import io
import pathlib
import shutil
import stat
import tempfile
import unittest
from unittest import mock

from google.protobuf import text_format

from models.ocr import export
from models.ocr.pipeline_manifest import manifest_class
from small_graph import write_config, write_graph

BASE = """\
name: "ppocr_v4"
version: "1"
stages { name: "det_736x736" om_file: "det.om" inputs: "x" outputs: "map" }
stages { name: "rec_320" om_file: "rec_320.om" inputs: "line" outputs: "chars" max_delay_us: 7 }
stages { name: "rec_640" om_file: "rec_640.om" inputs: "line" outputs: "chars" }
ppocr { dictionary_file: "old.txt" use_space_char: true det_limit_side: 736 }
"""
# Writes the --output of its command line, and the command line beside it.
FAKE_ATC = """\
#!/bin/sh
for word; do case $word in --output=*) out=${word#--output=};; esac; done
echo om > "$out.om"; echo "$@" > "$out.args"
"""


class ExportTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.base = self.folder / "base"
        self.base.mkdir()
        (self.base / "pipeline.pbtxt").write_text(BASE)
        (self.base / "det.om").write_bytes(b"det")
        self.out = self.folder / "out"

    def run_export(self, config: pathlib.Path, model: pathlib.Path, *more: str) -> tuple[int, str]:
        err = io.StringIO()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
            code = export.main([f"--config={config}", f"--model={model}", *more])
        return code, err.getvalue()

    def check(self, *, graph: dict | None = None, widths: str = "320,640", **config: object):
        model = write_graph(self.folder / "rec.onnx", **{"classes": 5, **(graph or {})})
        return self.run_export(
            write_config(self.folder, **config), model, "--check", f"--widths={widths}"
        )

    def program(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def test_what_fits(self) -> None:
        self.assertEqual(self.check(), (0, ""))
        self.assertEqual(self.check(space=False, graph={"classes": 4}), (0, ""))

    def test_mismatches_are_named(self) -> None:
        for options, words in (
            ({"graph": {"classes": 4}}, ["use_space_char: is True", "4 classes", "right for False"]),
            ({"space": False}, ["use_space_char: is False", "5 classes", "right for True"]),
            ({"graph": {"classes": 9}}, ["dictionary: 3 characters", "make 5 classes", "has 9"]),
            ({"graph": {"height": 32}}, ["image_shape", "height is 48", "takes 32"]),
            ({"graph": {"width": 320}}, ["widths: 640", "takes 320 alone"]),
            ({"graph": {"width": 96}, "widths": "96"}, ["width is 320", "takes 96"]),
            ({"shape": "[3, 32, 320]", "train": "[3, 32, 320]", "graph": {"height": 32}},
             ["[3, 32, 320]", "train with that"]),
            ({"train": "[3, 48, 640]"}, ["Eval has [3, 48, 320]", "Train [3, 48, 640]"]),
            ({"widths": "321"}, ["321 is no multiple of 8"]),
            ({"graph": {"softmax": False}}, ["comes from Identity", "Softmax"]),
            ({"characters": "a\n\nc\n"}, ["line 2 is empty"]),
            ({"characters": "a\nb\na\n"}, ["line 3 repeats 'a' of line 1"]),
        ):
            code, err = self.check(**options)
            self.assertEqual(code, 1, options)
            self.assertEqual(err.count("export: "), 1, err)
            for word in words:
                self.assertIn(word, err)

    def test_all_mismatches_at_once(self) -> None:
        code, err = self.check(graph={"classes": 9, "height": 32, "softmax": False})
        self.assertEqual((code, err.count("export: ")), (1, 3))

    def test_classes_without_a_stated_shape(self) -> None:
        self.assertEqual(self.check(graph={"classes": 5, "state_classes": False})[0], 0)
        self.assertEqual(self.check(graph={"classes": 6, "state_classes": False})[0], 1)

    def test_dictionary_keeps_the_ideographic_space(self) -> None:
        self.assertEqual(self.check(characters="a\n\u3000\nc"), (0, ""))

    def test_dictionary_elsewhere_and_of_the_graph(self) -> None:
        config = write_config(self.folder, characters="a\n")
        model = write_graph(self.folder / "rec.onnx", 5, characters="a\nb\nc")
        other = self.folder / "other.txt"
        other.write_text("a\nb\nc\n")
        self.assertEqual(self.run_export(config, model, "--check")[0], 1)
        self.assertEqual(self.run_export(config, model, "--check", f"--dictionary={other}")[0], 0)
        config.write_text(config.read_text().replace("  character_dict_path: ./dict.txt\n", ""))
        self.assertEqual(self.run_export(config, model, "--check")[0], 0)
        write_graph(model, 5)
        code, err = self.run_export(config, model, "--check")
        self.assertEqual(code, 1)
        self.assertIn("--dictionary", err)

    def test_exported_inference_yaml(self) -> None:
        config = self.folder / "inference.yml"
        config.write_text(
            "PreProcess:\n  transform_ops:\n  - RecResizeImg:\n      image_shape: [3, 48, 320]\n"
            "PostProcess:\n  name: CTCLabelDecode\n  character_dict: [a, b, '1']\n"
        )
        model = write_graph(self.folder / "rec.onnx", 5)
        self.assertEqual(self.run_export(config, model, "--check"), (0, ""))

    def test_bad_yaml(self) -> None:
        model = write_graph(self.folder / "rec.onnx", 5)
        config = self.folder / "bad.yaml"
        for text, word in (
            ("a: [", "no yaml"),
            ("- 1", "Global"),
            ("Global: {}", "no image_shape"),
            ("Eval: {dataset: {transforms: [RecResizeImg: {image_shape: 48}]}}", "[channels"),
            ("Eval: {dataset: {transforms: [RecResizeImg: {image_shape: [3, 48, 320]}]}}\n"
             "Global: {use_space_char: maybe}", "use_space_char"),
        ):
            config.write_text(text)
            code, err = self.run_export(config, model, "--check")
            self.assertEqual(code, 1)
            self.assertIn(word, err)
            self.assertIn("bad.yaml", err)
        self.assertIn("none.yaml", self.run_export(self.folder / "none.yaml", model, "--check")[1])

    def test_bad_models(self) -> None:
        config = write_config(self.folder)
        broken = self.folder / "broken.onnx"
        broken.write_bytes(b"\xff\xffnot a model")
        code, err = self.run_export(config, broken, "--check")
        self.assertEqual(code, 1)
        self.assertIn("broken.onnx", err)
        code, err = self.run_export(config, self.folder / "nowhere", "--check")
        self.assertEqual(code, 1)
        self.assertIn("inference.pdiparams", err)

    def paddle_model(self) -> pathlib.Path:
        model = self.folder / "inference"
        model.mkdir()
        for name in ("inference.pdmodel", "inference.pdiparams"):
            (model / name).write_bytes(b"x")
        return model

    def test_without_paddle2onnx(self) -> None:
        protoc = shutil.which("protoc")
        self.assertIsNotNone(protoc)
        (self.folder / "protoc").symlink_to(protoc)  # the base's manifest is read with it
        with mock.patch.dict("os.environ", {"PATH": str(self.folder)}):
            code, err = self.run_export(write_config(self.folder), self.paddle_model(), "--check")
        self.assertEqual(code, 1)
        self.assertIn("pip install paddle2onnx", err)

    def test_with_paddle2onnx(self) -> None:
        made = write_graph(self.folder / "made.onnx", 5)
        self.program(
            "paddle2onnx",
            "#!/bin/sh\n"
            f'while [ $# -gt 1 ]; do [ "$1" = --save_file ] && cp {made} "$2"; shift; done\n',
        )
        path = f"{self.folder}:/usr/bin:/bin"
        with mock.patch.dict("os.environ", {"PATH": path}):
            code, err = self.run_export(write_config(self.folder), self.paddle_model(), "--check")
        self.assertEqual((code, err), (0, ""))

    def test_compiles_and_writes_the_pipeline(self) -> None:
        atc = self.program("fake_atc", FAKE_ATC)
        code, err = self.run_export(
            write_config(self.folder, space=False, characters="a\n\u3000\nc\n"),
            write_graph(self.folder / "rec.onnx", 4),
            f"--out={self.out}", f"--base={self.base}", f"--atc={atc}", "--widths=640,160",
            "--batches=1,16", "--name=mine", "--soc=Ascend310P3",
        )
        self.assertEqual((code, err), (0, ""))
        self.assertEqual((self.out / "dictionary.txt").read_bytes(), "a\n\u3000\nc\n".encode())
        self.assertEqual((self.out / "det.om").read_bytes(), b"det")
        words = (self.out / "rec_160.args").read_text().split()
        self.assertIn("--input_shape=x:-1,3,48,160", words)
        self.assertIn("--dynamic_batch_size=1,16", words)
        self.assertIn("--soc_version=Ascend310P3", words)
        manifest = manifest_class()()
        text_format.Parse((self.out / "pipeline.pbtxt").read_text(), manifest)
        self.assertEqual(manifest.name, "mine")
        self.assertEqual(
            [(s.name, s.om_file) for s in manifest.stages],
            [("det_736x736", "det.om"), ("rec_160", "rec_160.om"), ("rec_640", "rec_640.om")],
        )
        self.assertEqual(list(manifest.stages[1].inputs), ["line"])
        self.assertEqual(manifest.stages[2].max_delay_us, 7)
        self.assertEqual(manifest.ppocr.dictionary_file, "dictionary.txt")
        self.assertFalse(manifest.ppocr.use_space_char)
        self.assertEqual(manifest.ppocr.det_limit_side, 736)

    def test_widths_are_the_bases_unless_given(self) -> None:
        atc = self.program("fake_atc", FAKE_ATC)
        code, _ = self.run_export(
            write_config(self.folder), write_graph(self.folder / "rec.onnx", 5),
            f"--out={self.out}", f"--base={self.base}", f"--atc={atc}",
        )
        self.assertEqual(code, 0)
        self.assertEqual(sorted(p.name for p in self.out.glob("rec_*.om")), ["rec_320.om", "rec_640.om"])

    def test_atc_fails(self) -> None:
        atc = self.program("fake_atc", "#!/bin/sh\necho E10001 the reason\nexit 3\n")
        code, err = self.run_export(
            write_config(self.folder), write_graph(self.folder / "rec.onnx", 5),
            f"--out={self.out}", f"--base={self.base}", f"--atc={atc}",
        )
        self.assertEqual(code, 1)
        self.assertIn("status 3", err)
        self.assertIn("E10001 the reason", err)

    def test_bad_base(self) -> None:
        atc = self.program("fake_atc", FAKE_ATC)
        more = (f"--out={self.out}", f"--atc={atc}", "--widths=320")
        config, model = write_config(self.folder), write_graph(self.folder / "rec.onnx", 5)
        (self.base / "det.om").unlink()
        self.assertIn("det.om", self.run_export(config, model, f"--base={self.base}", *more)[1])
        (self.base / "pipeline.pbtxt").write_text('name: "a" vitdet { }')
        self.assertIn("rec_", self.run_export(config, model, f"--base={self.base}", *more)[1])
        (self.base / "pipeline.pbtxt").write_text("nonsense")
        self.assertIn("pipeline.pbtxt", self.run_export(config, model, f"--base={self.base}", *more)[1])
        self.assertIn("make build", self.run_export(config, model, "--base=/nowhere", *more)[1])


if __name__ == "__main__":
    unittest.main()
