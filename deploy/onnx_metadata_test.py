# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of onnx_metadata.py on hand-made files. usage: python -m unittest deploy.onnx_metadata_test"""

from __future__ import annotations

import unittest

from deploy.onnx_metadata import metadata


def field(number: int, content: bytes) -> bytes:
    """A field with a length below 128."""
    return bytes([number << 3 | 2, len(content)]) + content


class MetadataTest(unittest.TestCase):
    def test_finds_entries_between_other_fields(self) -> None:
        entry = field(1, b"character") + field(2, "a\n\u3000\n\u4e2d".encode())
        # ir_version (a number), producer_name, a fixed-size field, then the entry.
        model = b"\x08\x08" + field(2, b"maker") + b"\x35\0\0\0\0" + field(14, entry)
        self.assertEqual(metadata(model), {"character": "a\n\u3000\n\u4e2d"})

    def test_long_lengths(self) -> None:
        text = "x" * 300
        value = bytes([2 << 3 | 2]) + b"\xac\x02" + text.encode()
        entry = field(1, b"k") + value
        model = bytes([14 << 3 | 2, 0x80 | len(entry) & 0x7F, len(entry) >> 7]) + entry
        self.assertEqual(metadata(model), {"k": text})

    def test_refuses_what_is_no_model(self) -> None:
        for data in (b"\x72\x7f", b"\x0b", b"\xff"):
            with self.assertRaises(ValueError):
                metadata(data)


if __name__ == "__main__":
    unittest.main()
