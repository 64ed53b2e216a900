# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps the rules of the house that a script can keep: rooms and arrows, words, lengths, names.

usage: check_house.py [ROOT]     exit status 1 and one line a finding when a rule is broken
"""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterable

MAX_LINES = 800
SOURCE = {".cc", ".h"}
CODE = SOURCE | {".py", ".sh"}

# Room -> rooms that it may include. A file belongs to the longest room that its path starts with.
ARROWS = {
    "pipelines/base": [],
    "pipelines/image": ["pipelines/base"],
    "pipelines/steps": ["pipelines/base"],
    "pipelines/graphs": ["pipelines/base", "pipelines/image", "pipelines/steps"],
    "hostacl": [],
    "server/base": ["pipelines/base"],
    "server/device": ["server/base", "pipelines/base"],
    "server/doctor": ["server/registry", "server/device", "server/base", "pipelines"],
    "server/metrics": ["pipelines/base", "server/base"],
    "server/tracing": ["server/base", "server/metrics", "pipelines/base"],
    "server/security": ["server/base", "server/metrics", "pipelines/base"],
    "server/registry": ["server/security", "server/device", "server/base", "server/metrics", "pipelines"],
    "server/scheduling": ["server/base", "pipelines/base"],
    "server/batching": ["server/scheduling", "server/registry", "server/device", "server/base", "server/metrics", "pipelines"],
    "server/service": ["server/security", "server/tracing", "server/batching", "server/registry", "server/device", "server/base", "server/metrics", "pipelines"],
    "server": ["server", "pipelines"],
    "client": [],
    "tests": ["pipelines", "hostacl", "server", "client", "tests"],
}

# (pattern, where it is allowed, what to do instead)
INCLUDES = [
    (r'#include [<"]acl/', ("server/device/", "hostacl/", "tests/"), "go through server/device"),
    (r'#include [<"]opencv2/', ("pipelines/image/", "client/drawing/", "tests/"), "go through pipelines/image"),
    (r'#include [<"](grpc|grpcpp)/', ("server/service/", "client/", "tests/"), "go through server/service"),
    (r'#include [<"]openvino/', ("hostacl/", "tests/bench/hostacl/"), "the engine is hostacl's"),
    (r'#include [<"]curl/', ("server/tracing/",), "go through server/tracing"),
    (r'#include [<"]civetweb', ("server/metrics/", "tests/"), "go through server/metrics"),
    (r'#include [<"]prometheus/', ("server/metrics/", "tests/"), "go through server/metrics"),
]
WORDS = [
    # atc compile.cc and describe_inputs.cc: OpenVINO throws, and our own findings leave the same way to the one catch.
    (r"\bthrow\b", ("hostacl/atc/compile.cc", "hostacl/atc/describe_inputs.cc"), "return an absl::Status"),
    (r"\bcatch \(", ("pipelines/image/", "server/metrics/", "server/service/", "hostacl/src/", "hostacl/atc/compile.cc", "client/"), "only where a library throws"),
    (r"\bstd::(mutex|condition_variable|unique_lock)\b", ("pipelines/base/mutex.h", "hostacl/src/mutex.h", "client/mutex.h"), "use the annotated Mutex"),
    (r"\bstd::j?thread\b(?!::)", ("server/base/", "hostacl/src/", "client/"), "use server/base/thread.h"),
    (r"\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep)\b", ("hostacl/src/",), "wait for an event with a deadline"),
    (r"\bgetenv\b", ("hostacl/src/", "client/", "server/doctor/"), "use a flag or the config"),
    (r"\babsl::Now\(\)", ("pipelines/base/clock.cc", "client/"), "take the time from the injected Clock"),
]
BANNED_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|misc)(_test)?\.(h|cc|py)$")
MARKERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def room_of(path: str) -> str | None:
    """The longest room that holds 'path', or None."""
    rooms = [room for room in ARROWS if path.startswith(room + "/")]
    return max(rooms, key=len, default=None)


def strip_comments(text: str) -> str:
    """The text with // comments and string literals blanked, line by line."""
    lines = []
    for line in text.splitlines():
        line = re.sub(r'"(\\.|[^"\\])*"', '""', line) if not line.startswith("#include") else line
        lines.append(line.split("//", 1)[0])
    return "\n".join(lines)


def check_arrows(path: str, text: str) -> Iterable[str]:
    room = room_of(path)
    if room is None:
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'#include "((?:pipelines|server|hostacl|client|tests)/[^"]+)"', line)
        if not match:
            continue
        target = match.group(1)
        allowed = [room, *ARROWS[room]]
        if not any(target.startswith(prefix + "/") for prefix in allowed):
            yield f"{path}:{number}: {room} may not include {target}"


def check_patterns(path: str, text: str) -> Iterable[str]:
    for number, line in enumerate(strip_comments(text).splitlines(), 1):
        for pattern, places, instead in INCLUDES:
            if re.search(pattern, line) and not path.startswith(places):
                yield f"{path}:{number}: {line.strip()} is not allowed here: {instead}"
        if path.startswith("tests/"):
            continue
        for pattern, places, instead in WORDS:
            if re.search(pattern, line) and not (places and path.startswith(places)):
                yield f"{path}:{number}: '{re.search(pattern, line).group(0)}' is not allowed here: {instead}"


def check_shape(path: str, text: str) -> Iterable[str]:
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        yield f"{path}: {len(lines)} lines; split it (limit {MAX_LINES})"
    if BANNED_NAMES.search(pathlib.PurePath(path).name):
        yield f"{path}: name the file after the one thing inside"
    head = "\n".join(lines[:3])
    if text.strip() and "SPDX-License-Identifier: Apache-2.0" not in head:
        yield f"{path}: the two-line SPDX header is missing"
    if path.endswith(".h") and "#pragma once" not in text:
        yield f"{path}: #pragma once is missing"
    for number, line in enumerate(lines, 1):
        if MARKERS.search(line) and not path.startswith("deploy/ci/check_house"):
            yield f"{path}:{number}: finish it or write an issue; no markers in the code"


def check_tests_are_built(files: dict[str, str], cmake: str) -> Iterable[str]:
    for path in files:
        if path.startswith("tests/") and path.endswith("_test.cc"):
            if pathlib.PurePath(path).name not in cmake:
                yield f"{path}: no CMakeLists.txt builds this test"


def check(files: dict[str, str], cmake: str) -> list[str]:
    """All findings for 'files' (path -> text); 'cmake' is the text of all CMake files under tests."""
    findings: list[str] = []
    rules: list[Callable[[str, str], Iterable[str]]] = [check_shape]
    for path, text in sorted(files.items()):
        suffix = pathlib.PurePath(path).suffix
        per_file = rules + ([check_arrows, check_patterns] if suffix in SOURCE else [])
        for rule in per_file:
            findings.extend(rule(path, text))
    findings.extend(check_tests_are_built(files, cmake))
    return findings


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    names = subprocess.run(
        ["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.split()
    existing = [name for name in names if (root / name).exists()]
    files = {
        name: (root / name).read_text() for name in existing if pathlib.PurePath(name).suffix in CODE
    }
    cmake = "\n".join(
        (root / name).read_text()
        for name in existing
        if name.startswith("tests/") and name.endswith("CMakeLists.txt")
    )
    findings = check(files, cmake)
    print("\n".join(findings) if findings else f"house rules hold in {len(files)} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
