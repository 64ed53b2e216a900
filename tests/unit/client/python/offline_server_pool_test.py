# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Several servers as one, in virtual time: what happens when some of them fail."""

from __future__ import annotations

import threading
import unittest
from collections.abc import Callable

from omserve import errors
from omserve.offline.server_pool import NoServerError, ServerPool

GONE = errors.UnavailableError("UNAVAILABLE", "connection refused")


class VirtualClock:
    """Every wait takes its whole time."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        self.time += seconds


class Server:
    """Answers, or raises, by 'plan': the error at that time, or None."""

    def __init__(self, name: str, clock: VirtualClock,
                 plan: Callable[[float], Exception | None] = lambda time: None):
        self.name, self.clock, self.plan = name, clock, plan
        self.calls: list[float] = []

    def embed(self) -> str:
        self.calls.append(self.clock.now())
        error = self.plan(self.clock.now())
        if error is not None:
            raise error
        return self.name


class ServerPoolTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = VirtualClock()

    def pool(self, *plans: Callable[[float], Exception | None], patience: float = 60) -> ServerPool:
        self.servers = [Server(f"s{i}", self.clock, plan) for i, plan in enumerate(plans)]
        return ServerPool({server.name: server for server in self.servers}, patience, self.clock)

    @staticmethod
    def ask(pool: ServerPool) -> str:
        answer, name = pool.ask(lambda server: server.embed())
        assert answer == name
        return name

    def test_another_server_answers_when_one_is_gone(self) -> None:
        pool = self.pool(lambda time: GONE, lambda time: None)
        self.assertEqual([self.ask(pool) for _ in range(5)], ["s1"] * 5)
        self.assertEqual(len(self.servers[0].calls), 1)  # left alone: no time has passed
        self.assertEqual(pool.counts(), {"s0": {"answered": 0, "failed": 1},
                                         "s1": {"answered": 5, "failed": 0}})

    def test_a_server_that_came_back_is_used(self) -> None:
        pool = self.pool(lambda time: GONE if time < 101 else None)
        self.assertEqual(self.ask(pool), "s0")
        waits = [later - at for at, later in zip(self.servers[0].calls, self.servers[0].calls[1:])]
        self.assertEqual(waits, [0.25, 0.5, 1.0])

    def test_gives_up_when_nobody_answers(self) -> None:
        pool = self.pool(lambda time: GONE, lambda time: GONE, patience=20)
        with self.assertRaisesRegex(NoServerError, "20 s from s0, s1.*connection refused"):
            self.ask(pool)
        self.assertEqual(self.clock.time, 120)
        pauses = [b - a for a, b in zip(self.servers[0].calls, self.servers[0].calls[1:])]
        self.assertEqual(max(pauses), 5.0)

    def test_an_overloaded_server_is_asked_when_it_said(self) -> None:
        full = errors.OverloadedError("RESOURCE_EXHAUSTED", "queue is full", retry_after=0.7)
        pool = self.pool(lambda time: full if time < 100.5 else None)
        self.assertEqual(self.ask(pool), "s0")
        self.assertEqual(self.servers[0].calls, [100.0, 100.7])

    def test_what_lies_in_the_picture_is_not_tried_again(self) -> None:
        for error in (
            errors.InvalidRequestError("INVALID_ARGUMENT", "image: not a JPEG, PNG or WebP"),
            errors.PictureError("empty"),
            errors.ModelNotFoundError("NOT_FOUND", "no model"),
        ):
            pool = self.pool(lambda time, error=error: error, lambda time: None)
            with self.assertRaises(type(error)):
                self.ask(pool)
            self.assertEqual(len(self.servers[0].calls) + len(self.servers[1].calls), 1)
            self.assertEqual(pool.counts()["s0"], {"answered": 0, "failed": 0})

    def test_an_error_of_ones_own_leaves_the_pool_whole(self) -> None:
        pool = self.pool(lambda time: None)
        with self.assertRaises(ZeroDivisionError):
            pool.ask(lambda server: 1 / 0)
        self.assertEqual(self.ask(pool), "s0")

    def test_requests_go_to_the_server_with_the_fewest(self) -> None:
        pool = self.pool(lambda time: None, lambda time: None)

        def nested(server: Server) -> str:
            other, _ = pool.ask(lambda second: second.embed())
            return server.name + other

        answer, name = pool.ask(nested)
        self.assertEqual({answer[:2], answer[2:]}, {"s0", "s1"})
        self.assertEqual(answer[:2], name)

    def test_bad_arguments(self) -> None:
        with self.assertRaisesRegex(ValueError, "no server"):
            ServerPool({})
        with self.assertRaisesRegex(ValueError, "patience"):
            ServerPool({"s": None}, patience=0)


if __name__ == "__main__":
    unittest.main()
