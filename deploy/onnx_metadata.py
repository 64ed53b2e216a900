# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Prints one entry of the metadata of an ONNX file, line by line, with the standard library alone.

usage: onnx_metadata.py FILE KEY     exit status 1 when the file has no such entry
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator

# Fields of onnx.proto: ModelProto.metadata_props, StringStringEntryProto.key and .value.
METADATA, KEY, VALUE = 14, 1, 2


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """The number at 'at' and the position behind it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and bytes of every field with a length; the others are skipped."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 2:
            length, at = varint(data, at)
            if at + length > len(data):
                raise ValueError("cut off")
            yield tag >> 3, data[at : at + length]
            at += length
        elif kind == 0:
            _, at = varint(data, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind}")


def metadata(data: bytes) -> dict[str, str]:
    """All entries of a serialised ModelProto. ValueError when it is none."""
    entries = {}
    try:
        for number, content in fields(memoryview(data)):
            if number == METADATA:
                pair = {n: bytes(text).decode("utf-8") for n, text in fields(content)}
                entries[pair.get(KEY, "")] = pair.get(VALUE, "")
    except IndexError as error:
        raise ValueError("cut off") from error
    return entries


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    path, key = pathlib.Path(sys.argv[1]), sys.argv[2]
    try:
        entries = metadata(path.read_bytes())
    except (OSError, ValueError) as error:
        print(f"onnx_metadata: {path}: not a readable ONNX file: {error}", file=sys.stderr)
        return 1
    if key not in entries:
        print(f"onnx_metadata: {path} has no metadata '{key}', but {sorted(entries)}", file=sys.stderr)
        return 1
    # splitlines() is how the dictionary is read where the models come from.
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write("\n".join(entries[key].splitlines()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
