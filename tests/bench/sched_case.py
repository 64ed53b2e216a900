# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What the scheduler's measurements share: how a server is started for one, and both modes."""

from __future__ import annotations

import contextlib
import pathlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.with_server import ROOT, Server, running_server
from tests.eval.report import Report

BUILD = ROOT / "build/release"
PLAIN = "scheduling { batching: PLAIN }\n"  # one request, one batch
KNOWN = (ROOT / "proto/omserve/v1/config.proto").read_text()  # TEMPORARY
ROOM = "limits { max_inflight_requests: 100000 }\n"


@dataclass
class Case:
    """One measurement: its folder, and where its figures go."""

    name: str
    folder: pathlib.Path
    report: Report
    plain: bool = True  # also measure the plain mode, where that makes sense

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def modes(self) -> list[tuple[str, str]]:
        """What is added to a figure's name, and to the server's config."""
        if "PLAIN" not in KNOWN:  # TEMPORARY
            return [("", "")]
        return [("", ""), (".plain", PLAIN)] if self.plain else [("", "")]

    def config(self) -> str:
        """Of every server: room for the load, and a place for the table of gear times."""
        if "cache_dir" not in KNOWN:  # TEMPORARY
            return ROOM
        return ROOM + f'cache_dir: "{self.folder / "cache"}"\n'

    @contextlib.contextmanager
    def server(
        self, profile: pathlib.Path, mode: str = "", devices: int = 1, **env: object
    ) -> Iterator[Server]:
        """A server over self.folder/models. Keys of 'env' are environment variables."""
        variables = {"HOSTACL_PROFILE": str(profile)} | {k: str(v) for k, v in env.items()}
        say(f"{self.name}: server with {devices} device{'s' if devices > 1 else ''}"
            + (" (plain mode)" if mode else ""))
        start = time.monotonic()
        with running_server(
            BUILD,
            self.folder / "models",
            devices,
            variables,
            self.folder / "server.log",
            config_text=self.config() + mode,
        ) as server:
            say(f"{self.name}: ready after {time.monotonic() - start:.1f} s")
            yield server

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        better: str,
        bar: float | None,
        how: str,
    ) -> None:
        """A figure of the plain mode has no bar."""
        self.report.add(name, value, unit, better, None if name.endswith(".plain") else bar, how)


def say(text: str) -> None:
    """A progress line."""
    print(f"  {time.strftime('%H:%M:%S')} {text}", flush=True)
