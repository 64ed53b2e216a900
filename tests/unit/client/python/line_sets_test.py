# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Label files and LMDB data, good and broken."""

from __future__ import annotations

import pathlib
import tempfile
import unittest

import lmdb

from omserve.evaluate.line_sets import DataError, read_label_file, read_lmdb


class LabelFileTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("a.png", "b.png"):
            (self.folder / name).write_bytes(b"x")
        self.labels = self.folder / "labels.txt"

    def read(self, data: bytes):
        self.labels.write_bytes(data)
        return read_label_file(self.labels, self.folder)

    def test_reads_lines(self) -> None:
        found = self.read("\ufeffa.png\t 天 b \r\n\nb.png\t\n".encode())
        self.assertEqual([line.name for line in found.lines], ["a.png", "b.png"])
        self.assertEqual([line.text for line in found.lines], [" 天 b ", ""])
        self.assertEqual(found.lines[0].picture, self.folder / "a.png")
        self.assertEqual(found.bad, [])

    def test_bad_lines_are_named_and_left_out(self) -> None:
        found = self.read(
            b"a.png text\na.png\tx\ty\nc.png\tx\n\tx\n[\"a.png\"]\tx\na.png\t\xff\nb.png\tgood\n"
        )
        self.assertEqual([line.text for line in found.lines], ["good"])
        words = ["no tab", "more than one tab", "c.png", "no path", "several", "UTF-8"]
        self.assertEqual(len(found.bad), len(words))
        for number, (sentence, word) in enumerate(zip(found.bad, words), 1):
            self.assertTrue(sentence.startswith(f"{self.labels}:{number}: "), sentence)
            self.assertIn(word, sentence)

    def test_missing_file(self) -> None:
        with self.assertRaisesRegex(DataError, "nowhere.txt"):
            read_label_file(self.folder / "nowhere.txt", self.folder)


class LmdbTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, name: str, entries: dict[bytes, bytes]) -> None:
        with lmdb.open(str(self.folder / name), map_size=1 << 20) as environment:
            with environment.begin(write=True) as transaction:
                for key, value in entries.items():
                    transaction.put(key, value)

    def test_reads_all_environments(self) -> None:
        self.write("b", {b"num-samples": b"1", b"image-000000001": b"2", b"label-000000001": b"two"})
        self.write("a", {b"num-samples": b"1", b"image-000000001": b"1",
                         b"label-000000001": "一".encode()})
        found = read_lmdb(self.folder)
        self.assertEqual([line.text for line in found.lines], ["一", "two"])
        self.assertEqual([line.picture for line in found.lines], [b"1", b"2"])
        self.assertEqual(found.lines[0].name, "a:000000001")

    def test_bad_entries_are_named(self) -> None:
        self.write("a", {b"num-samples": b"4", b"label-000000001": b"x", b"image-000000002": b"x",
                         b"image-000000003": b"x", b"label-000000003": b"\xff",
                         b"image-000000004": b"x", b"label-000000004": b"good"})
        found = read_lmdb(self.folder)
        self.assertEqual([line.text for line in found.lines], ["good"])
        for sentence, word in zip(found.bad, ["image-000000001", "label-000000002", "UTF-8"],
                                  strict=True):
            self.assertIn(word, sentence)

    def test_no_count(self) -> None:
        self.write("a", {b"image-000000001": b"x"})
        with self.assertRaisesRegex(DataError, "num-samples"):
            read_lmdb(self.folder)

    def test_no_environment(self) -> None:
        with self.assertRaisesRegex(DataError, "no data.mdb"):
            read_lmdb(self.folder)

    def test_broken_environment(self) -> None:
        (self.folder / "data.mdb").write_bytes(b"not a database" * 1000)
        with self.assertRaisesRegex(DataError, str(self.folder)):
            read_lmdb(self.folder)


if __name__ == "__main__":
    unittest.main()
