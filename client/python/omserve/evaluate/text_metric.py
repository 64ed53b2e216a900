# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""acc and norm_edit_dis of text recognition, as PaddleOCR's RecMetric (ppocr/metrics/rec_metric.py)
computes them: spaces do not count, lengths and edits are per Unicode code point."""

from __future__ import annotations

import string
from dataclasses import dataclass

EPS = 1e-5  # the metric's own: a perfect run over 1,000 lines scores 0.99999999
_ALPHANUMERIC = frozenset(string.digits + string.ascii_letters)


def edit_distance(a: str, b: str) -> int:
    """Levenshtein: least insertions, deletions and substitutions of code points."""
    if len(a) < len(b):
        a, b = b, a
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1]


@dataclass
class TextMetric:
    """Sums up pairs of read and true text. 'alphanumeric' is the metric's is_filter: only ASCII
    letters and digits count, without case."""

    alphanumeric: bool = False
    lines: int = 0
    exact: int = 0
    distance: float = 0.0  # sum of edit distance over the longer length

    def add(self, read: str, truth: str) -> bool:
        """Counts one line; True when it is right."""
        read, truth = self._normalise(read), self._normalise(truth)
        longest = max(len(read), len(truth))
        self.lines += 1
        self.exact += read == truth
        self.distance += edit_distance(read, truth) / longest if longest else 0.0
        return read == truth

    @property
    def acc(self) -> float:
        return self.exact / (self.lines + EPS)

    @property
    def norm_edit_dis(self) -> float:
        return 1.0 - self.distance / (self.lines + EPS)

    def _normalise(self, text: str) -> str:
        text = text.replace(" ", "")
        if self.alphanumeric:
            text = "".join(c for c in text if c in _ALPHANUMERIC).lower()
        return text
