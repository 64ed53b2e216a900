# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Made-up text: Latin words, digits and codes, Chinese. Drawn anew for every line, so that no model
can have been trained on it."""

from __future__ import annotations

import numpy as np

KINDS = ("latin", "digits", "chinese", "mixed")
SHARES = (0.35, 0.2, 0.35, 0.1)

_ONSETS = "b c d f g h k l m n p r s t v w bl br ch cl cr dr fl gr pl pr sh sp st th tr".split()
_VOWELS = "a e i o u ai ea ee io oo ou".split()
_CODAS = "n r s t l m nd ng nt rd rk st ck x y".split() + [""] * 8
_ENDS = ["", "", "", "", ",", ".", ":", ";", "!", "?"]
_CHINESE_ENDS = ["", "", "", "\u3002", "\uff0c", "\uff01", "\uff1f"]  # full width


def _hanzi() -> list[str]:
    """The 3,755 most used characters: the first level of GB 2312, rows 16 to 55."""
    found = []
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                found.append(bytes([row, cell]).decode("gb2312"))
            except UnicodeDecodeError:
                continue  # the last five cells of the level are empty
    return found


HANZI = _hanzi()


def word(rng: np.random.Generator) -> str:
    """One to three syllables, sometimes capitalised."""
    syllables = [
        rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)
        for _ in range(rng.integers(1, 4))
    ]
    made = "".join(syllables)
    case = rng.random()
    return made.upper() if case < 0.08 else made.capitalize() if case < 0.35 else made


def number(rng: np.random.Generator) -> str:
    """A number as papers and signs have it: plain, price, date, time, phone, share, code."""
    digits = "".join(str(d) for d in rng.integers(0, 10, 8))
    forms = (
        digits[: rng.integers(1, 9)],
        f"{digits[:3]},{digits[3:6]}.{digits[6:]}",
        f"20{digits[:2]}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}",
        f"{rng.integers(0, 24):02d}:{rng.integers(0, 60):02d}",
        f"+{digits[:2]} {digits[2:5]} {digits[5:]}",
        f"{digits[0]}{digits[1]}.{digits[2]}%",
        f"{''.join(rng.choice(list('ABCDEFGHJKLMNPRSTUVWXYZ'), 2))}-{digits[:5]}",
        f"${digits[:2]}.{digits[2:4]}",
    )
    return str(forms[rng.integers(len(forms))])


def hanzi(rng: np.random.Generator, count: int) -> str:
    return "".join(rng.choice(HANZI, count))


def line(rng: np.random.Generator, kind: str, length: int) -> str:
    """One line of about 'length' characters ('length' counts a Chinese one as two)."""
    if kind == "chinese":
        return hanzi(rng, max(1, length // 2)) + str(rng.choice(_CHINESE_ENDS))
    parts: list[str] = []
    while sum(len(part) + 1 for part in parts) < length:
        if kind == "digits":
            parts.append(number(rng))
        elif kind == "latin":
            parts.append(word(rng))
        else:
            pick = rng.integers(3)
            parts.append((word(rng), number(rng), hanzi(rng, int(rng.integers(1, 5))))[pick])
    return " ".join(parts) + (str(rng.choice(_ENDS)) if kind == "latin" else "")


def kind(rng: np.random.Generator) -> str:
    return str(rng.choice(KINDS, p=SHARES))
