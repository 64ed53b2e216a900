# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What the recognition of text computed beyond the crops that it was given."""

from __future__ import annotations

import math
import re

import numpy as np

LINE_HEIGHT, LEAST_WIDTH = 48, 320  # of the recognition's input, pixels


def needed_width(outline: np.ndarray) -> int:
    """Columns of the recognition's input that this quad's crop fills, or 320 if fewer."""
    tl, tr, br, bl = outline.astype(float)
    width = int(max(np.linalg.norm(tl - tr), np.linalg.norm(bl - br)))
    height = int(max(np.linalg.norm(tl - bl), np.linalg.norm(tr - br)))
    if height >= 1.5 * width:
        width, height = height, width  # is turned before it is read
    return max(LEAST_WIDTH, math.ceil(LINE_HEIGHT * width / max(height, 1)))


def recognised_columns(metrics: str) -> int:
    """Columns that the stages rec_<width> computed, empty rows of batches too, by the metrics page."""
    rows = re.findall(
        r"^omserve_(?:inferences|batch_padded_items)_total\{[^}]*stage=\"rec_(\d+)\"[^}]*\} (\S+)$",
        metrics,
        re.MULTILINE,
    )
    return round(sum(int(width) * float(count) for width, count in rows))
