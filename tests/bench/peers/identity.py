# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The identity on every server, by turns, with one load generator."""

from __future__ import annotations

import contextlib
import pathlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.bench.kserve import echo_server, identity_server
from tests.bench.peers import python_servers, triton
from tests.bench.peers.driver import Case, Seen, Target, drive
from tests.bench.peers.processes import answer

SMALL, LARGE = (256,), (150_528,)  # floats: 1 KB, and a picture of 224 x 224 x 3
CASES = [
    Case("1k_c1", SMALL, 1),
    Case("1k_c8", SMALL, 8),
    Case("1k_c32", SMALL, 32),
    Case("600k_c1", LARGE, 1),
    Case("600k_c8", LARGE, 8),
]
ECHOES = ("callback", "queue")  # kinds of kserve/echo_server.cc
OMSERVE, TRITON = "omserve", "triton"


@dataclass
class Result:
    """What was seen of each server in each case, a value a round: seen[server, case]."""

    seen: dict[tuple[str, str], list[Seen]] = field(default_factory=dict)
    setting: dict[str, triton.Setting] = field(default_factory=dict)  # Triton's best, by case
    failed: list[str] = field(default_factory=list)  # servers that were not measured, and why
    tried: dict[tuple[triton.Setting, str], float] = field(default_factory=dict)  # requests/s

    def add(self, server: str, case: Case, seen: Seen) -> None:
        self.seen.setdefault((server, case.name), []).append(seen)

    def servers(self) -> list[str]:
        return list(dict.fromkeys(server for server, _ in self.seen))

    def median(self, server: str, case: str) -> Seen:
        runs = self.seen[server, case]
        return Seen(
            *(statistics.median(getattr(run, name) for run in runs)
              for name in ("requests_per_s", "p50_us", "p99_us"))
        )

    def ratio(self, server: str, other: str, case: str) -> float:
        """Median over the rounds of the ratio within each."""
        pairs = zip(self.seen[server, case], self.seen[other, case])
        return statistics.median(a.requests_per_s / b.requests_per_s for a, b in pairs)


def check(target: Target, shape: tuple[int, ...]) -> None:
    """A server that does not give back what it gets is not measured."""
    tensor = np.random.default_rng(len(target.model)).random((1, *shape), np.float32)
    if not np.array_equal(answer(target, tensor), tensor):
        raise RuntimeError(f"{target.model} at {target.address} does not give back {shape}")


def _choose(
    settings: dict[triton.Setting, Target], cases: Sequence[Case], passes: int, seconds: float,
    result: Result,
) -> None:
    """Triton's best setting in each case, by the median of some passes over all of them."""
    for case in cases:
        rates: dict[triton.Setting, list[float]] = {}
        for _ in range(passes):
            for setting, target in settings.items():
                rates.setdefault(setting, []).append(drive(target, case, seconds).requests_per_s)
        medians = {setting: statistics.median(values) for setting, values in rates.items()}
        result.setting[case.name] = max(medians, key=lambda setting: medians[setting])
        result.tried |= {(setting, case.name): rate for setting, rate in medians.items()}


def measure(
    out: pathlib.Path,
    cases: Sequence[Case],
    rounds: int,
    seconds: float,
    others: bool = True,
    keep: Callable[[Result], None] = lambda result: None,
) -> Result:
    """'others' are the servers in Python, which get two rounds. 'keep' is called after every round."""
    result = Result()
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        mine = {
            shape: Target(*enter(identity_server(out / f"omserve_{shape[0]}", shape[0])))
            for shape in {case.shape for case in cases}
        }
        settings = enter(triton.identity(out / "triton"))
        for shape, target in mine.items():
            check(target, shape)
            for setting in settings.values():
                check(setting, shape)
        echoes = {kind: Target(enter(echo_server(kind)), "echo") for kind in ECHOES}
        _choose(settings, cases, 3, seconds / 2, result)
        for _ in range(rounds):
            for case in cases:
                result.add(OMSERVE, case, drive(mine[case.shape], case, seconds))
                best = settings[result.setting[case.name]]
                result.add(TRITON, case, drive(best, case, seconds))
                for kind, target in echoes.items():
                    result.add(f"echo ({kind})", case, drive(target, case, seconds))
            keep(result)
    if others:
        for name, start in (
            ("MLServer", python_servers.mlserver),
            ("KServe Python server", python_servers.kserve_python),
        ):
            try:
                with start(out / start.__name__, None) as targets:
                    for shape in mine:
                        check(targets["identity"], shape)
                    for _ in range(2):
                        for case in cases:
                            result.add(name, case, drive(targets["identity"], case, seconds))
                        keep(result)
            except RuntimeError as error:  # the others stand
                result.failed.append(f"{name}: {error}")
    return result
