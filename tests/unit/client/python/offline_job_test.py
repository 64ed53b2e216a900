# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What keeps a large run from losing or doubling a picture, without Ray."""

from __future__ import annotations

import pathlib
import tempfile
import unittest

from omserve.offline.job import JobError, find_pictures, open_job, remove_unfinished, write_whole

OPTIONS = {"model": "", "feature": "cls"}


class JobTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.root, self.out = scratch / "pictures", scratch / "out"
        (self.root / "b").mkdir(parents=True)
        for name in ("b/2.PNG", "a.jpg", "b/1.webp", "c.jpeg", "notes.txt"):
            (self.root / name).write_bytes(b"x")

    def open(self, **more: object):
        return open_job(self.out, self.root, OPTIONS, part_size=3, **more)

    def test_every_picture_is_in_one_part(self) -> None:
        self.assertEqual(find_pictures(self.root), ["a.jpg", "b/1.webp", "b/2.PNG", "c.jpeg"])
        job = self.open()
        self.assertEqual([part.number for part in job.parts], [0, 1])
        self.assertEqual([part.pictures for part in job.parts],
                         [("a.jpg", "b/1.webp", "b/2.PNG"), ("c.jpeg",)])

    def test_a_part_that_is_there_is_not_missing(self) -> None:
        job = self.open()
        write_whole(job.path(0), lambda path: path.write_bytes(b"rows"))
        again = self.open()
        self.assertEqual([part.number for part in again.missing()], [1])
        self.assertEqual(again.path(0).read_bytes(), b"rows")

    def test_a_part_that_was_not_ended_is_missing(self) -> None:
        job = self.open()

        def die(path: pathlib.Path) -> None:
            path.write_bytes(b"half of the ro")
            raise InterruptedError

        with self.assertRaises(InterruptedError):
            write_whole(job.path(0), die)
        self.assertEqual(len(job.missing()), 2)
        self.assertEqual([path.name for path in self.out.iterdir()], ["job.json"])

    def test_what_a_killed_run_left_is_no_part_and_is_removed(self) -> None:
        job = self.open()
        (self.out / "part-000000.parquetabc.unfinished").write_bytes(b"half")
        write_whole(job.path(1), lambda path: path.write_bytes(b"rows"))
        self.assertEqual([part.number for part in self.open().missing()], [0])
        self.assertEqual(remove_unfinished(self.out), 1)
        self.assertEqual(sorted(path.name for path in self.out.iterdir()),
                         ["job.json", "part-000001.parquet"])

    def test_a_part_written_twice_is_there_once(self) -> None:
        job = self.open()
        for content in (b"first", b"again"):
            write_whole(job.path(0), lambda path, content=content: path.write_bytes(content))
        self.assertEqual(job.path(0).read_bytes(), b"again")
        self.assertEqual(len(list(self.out.glob("part-*"))), 1)

    def test_the_list_is_that_of_the_first_run(self) -> None:
        before = self.open()
        (self.root / "0.jpg").write_bytes(b"x")
        after = open_job(self.out, self.root, OPTIONS, part_size=100)
        self.assertEqual(after.parts, before.parts)

    def test_another_job_is_refused(self) -> None:
        self.open()
        with self.assertRaisesRegex(JobError, "options"):
            open_job(self.out, self.root, {"model": "", "feature": "mean"})
        with self.assertRaisesRegex(JobError, "pictures"):
            open_job(self.out, self.root / "b", OPTIONS)

    def test_a_folder_of_something_else_is_refused(self) -> None:
        with self.assertRaisesRegex(JobError, "not empty"):
            open_job(self.root, self.root, OPTIONS)
        self.out.mkdir()
        for text in ("[]", "{", '{"root": "x"}', "7"):
            (self.out / "job.json").write_text(text)
            with self.assertRaisesRegex(JobError, "not the description"):
                self.open()

    def test_nothing_to_do_and_bad_lists_are_refused(self) -> None:
        with self.assertRaisesRegex(JobError, "no picture"):
            self.open(pictures=lambda root: [])
        with self.assertRaisesRegex(JobError, "twice"):
            self.open(pictures=lambda root: ["a.jpg", "a.jpg"])
        with self.assertRaisesRegex(ValueError, "part_size"):
            open_job(self.out, self.root, OPTIONS, part_size=0)
        self.assertFalse(self.out.exists())


if __name__ == "__main__":
    unittest.main()
