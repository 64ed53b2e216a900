# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the arithmetic behind the benchmarks. usage: python -m unittest tests.bench.load_test"""

from __future__ import annotations

import math
import unittest

from tests.bench.load import Request, completions_per_s, percentile


def answer(number: int, sent_s: float, ended_s: float) -> Request:
    nan = math.nan
    return Request(number, "all", "OK", sent_s * 1e6, sent_s * 1e6, ended_s * 1e6, nan, 0, 0, 0)


def batches(count: int, size: int, every_s: float) -> list[Request]:
    """A closed loop whose answers come in bunches, the first one right after the start."""
    return [
        answer(batch * size + i, batch * every_s, (batch + 1) * every_s + 1e-5 * i)
        for batch in range(count)
        for i in range(size)
    ]


class CompletionsTest(unittest.TestCase):
    def test_bunches_do_not_bias_the_rate(self) -> None:
        for count in (20, 21, 60):
            rate = completions_per_s(batches(count, 8, 0.25))
            self.assertAlmostEqual(rate / 32, 1, delta=0.01)

    def test_what_ends_after_the_last_sending_does_not_count(self) -> None:
        steady = batches(40, 4, 0.1)
        drained = [answer(1000 + i, 3.9, 10 + 5 * i) for i in range(4)]
        self.assertAlmostEqual(completions_per_s(steady + drained), completions_per_s(steady))

    def test_weights_are_what_is_counted(self) -> None:
        requests = batches(40, 4, 0.1)
        rate = completions_per_s(requests, [2.5] * len(requests))
        self.assertAlmostEqual(rate, 2.5 * completions_per_s(requests))

    def test_too_few_are_no_rate(self) -> None:
        self.assertTrue(math.isnan(completions_per_s([])))
        self.assertTrue(math.isnan(completions_per_s([answer(0, 0, 1), answer(1, 0, 1)])))


class PercentileTest(unittest.TestCase):
    def test_is_a_value_that_so_many_do_not_exceed(self) -> None:
        values = [float(i) for i in range(100, 0, -1)]
        self.assertEqual(percentile(values, 0.99), 99)
        self.assertEqual(percentile(values, 0.5), 50)
        self.assertEqual(percentile([7.0], 0.99), 7)
        self.assertTrue(math.isnan(percentile([], 0.5)))


if __name__ == "__main__":
    unittest.main()
