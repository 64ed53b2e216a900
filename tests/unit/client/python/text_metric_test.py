# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The metric of text recognition against values computed by hand."""

from __future__ import annotations

import unittest

from omserve.evaluate.text_metric import TextMetric, edit_distance


def scored(pairs: list[tuple[str, str]], **options: bool) -> TextMetric:
    metric = TextMetric(**options)
    for read, truth in pairs:
        metric.add(read, truth)
    return metric


class TextMetricTest(unittest.TestCase):
    def test_edit_distance(self) -> None:
        for a, b, distance in (
            ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "abd", 1),
            ("abc", "ac", 1), ("kitten", "sitting", 3), ("ab", "ba", 2), ("天下", "天上", 1),
            ("𠮷", "吉", 1),
        ):
            self.assertEqual(edit_distance(a, b), distance, (a, b))

    def test_by_hand(self) -> None:
        # Right; 1 edit of 3; 3 edits of 7; all 2 of 2.
        metric = scored([("ab", "ab"), ("abd", "abc"), ("kitten", "sitting"), ("", "xy")])
        self.assertEqual((metric.lines, metric.exact), (4, 1))
        self.assertAlmostEqual(metric.acc, 1 / 4.00001, places=12)
        self.assertAlmostEqual(metric.norm_edit_dis, 1 - (1 / 3 + 3 / 7 + 1) / 4.00001, places=12)

    def test_spaces_do_not_count(self) -> None:
        metric = scored([("a b", "ab"), (" ", "")])
        self.assertEqual(metric.exact, 2)
        self.assertEqual(metric.norm_edit_dis, 1.0)

    def test_only_the_space_is_a_space(self) -> None:
        self.assertEqual(scored([("a\u3000b", "ab"), ("a\tb", "ab")]).exact, 0)

    def test_case_counts_unless_alphanumeric(self) -> None:
        self.assertEqual(scored([("A-1", "a1")]).exact, 0)
        self.assertEqual(scored([("A-1", "a1"), ("é", "中")], alphanumeric=True).exact, 2)

    def test_nothing_read_yet(self) -> None:
        self.assertEqual(TextMetric().acc, 0.0)
        self.assertEqual(TextMetric().norm_edit_dis, 1.0)

    def test_add_tells_what_is_right(self) -> None:
        self.assertTrue(TextMetric().add("a b", "ab"))
        self.assertFalse(TextMetric().add("a", "b"))


if __name__ == "__main__":
    unittest.main()
