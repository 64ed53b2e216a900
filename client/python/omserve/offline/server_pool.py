# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Several servers as one: each request goes to the one with the fewest in flight, and to another when
that one is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Optional, Protocol, TypeVar

from omserve import errors

Answer = TypeVar("Answer")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 5.0
# Another server, or another moment, would say the same.
_FINAL = (
    errors.InvalidRequestError,
    errors.ModelNotFoundError,
    errors.NotOfferedError,
    errors.PictureError,
)


class NoServerError(Exception):
    """No server answered within the patience; the last error is the cause."""


class Clock(Protocol):
    def now(self) -> float: ...

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Until 'condition', which is held, is notified, or for so long."""


class SystemClock:
    def now(self) -> float:
        return time.monotonic()

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        condition.wait(seconds)


@dataclass
class _Server:
    name: str
    client: Any
    in_flight: int = 0
    answered: int = 0
    failed: int = 0  # calls
    pause: float = 0.0  # seconds, of the last failure in a row; 0 when it works
    back_at: float = 0.0  # time by the clock


class ServerPool:
    """Thread-safe. 'clients' maps the name of a server to what is asked there.

    'patience': seconds that one request may go without an answer, over all its tries; a server that does
    not answer is left alone for a while that doubles from 0.25 to 5 s.
    """

    def __init__(
        self, clients: dict[str, Any], patience: float = 60.0, clock: Optional[Clock] = None
    ):
        if not clients:
            raise ValueError("no server is given")
        if not patience > 0:
            raise ValueError(f"patience is {patience}; give seconds above 0")
        self._patience = patience
        self._clock = clock or SystemClock()
        self._changed = threading.Condition()
        self._servers = [_Server(name, client) for name, client in clients.items()]

    def ask(self, call: Callable[[Any], Answer]) -> tuple[Answer, str]:
        """What 'call' makes of a client, and the server that answered.

        A request that failed on the way may run twice on the servers: only one answer comes out of here.
        Raises what lies in the request itself (InvalidRequestError, ModelNotFoundError, NotOfferedError,
        PictureError) at once, and NoServerError in the end.
        """
        give_up = self._clock.now() + self._patience
        last: Optional[Exception] = None
        while True:
            server = self._take(give_up)
            if server is None:
                raise NoServerError(
                    f"no answer within {self._patience:g} s from {', '.join(self.names())}: "
                    f"{last or 'all are at rest after failures'}"
                ) from last
            try:
                answer = call(server.client)
            except _FINAL:
                self._give_back(server, works=True)
                raise
            except errors.OverloadedError as error:
                last = error
                self._give_back(server, works=False, pause=error.retry_after)
            except errors.OmserveError as error:
                last = error
                self._give_back(server, works=False)
            except BaseException:
                self._give_back(server, works=True)
                raise
            else:
                self._give_back(server, works=True, answered=True)
                return answer, server.name

    def names(self) -> Sequence[str]:
        return [server.name for server in self._servers]

    def counts(self) -> dict[str, dict[str, int]]:
        """Answers and failed calls of every server, so far."""
        with self._changed:
            return {
                server.name: {"answered": server.answered, "failed": server.failed}
                for server in self._servers
            }

    def _take(self, give_up: float) -> Optional[_Server]:
        """The server to ask next, once one may be asked; None when it is too late."""
        with self._changed:
            while True:
                now = self._clock.now()
                if now >= give_up:
                    return None
                # One that failed is tried by one request at a time until it answers.
                ready = [
                    server for server in self._servers
                    if server.back_at <= now and not (server.pause and server.in_flight)
                ]
                if ready:
                    chosen = min(ready, key=lambda server: server.in_flight)
                    chosen.in_flight += 1
                    return chosen
                later = [server.back_at for server in self._servers if server.back_at > now]
                self._clock.wait(self._changed, min([give_up, *later]) - now)

    def _give_back(
        self, server: _Server, works: bool, answered: bool = False, pause: Optional[float] = None
    ) -> None:
        with self._changed:
            server.in_flight -= 1
            server.answered += answered
            if works:
                server.pause = server.back_at = 0.0
            else:
                server.failed += 1
                now = self._clock.now()
                if server.back_at <= now:  # the first of those that failed together
                    doubled = min(max(2 * server.pause, FIRST_PAUSE_S), LONGEST_PAUSE_S)
                    server.pause = doubled if pause is None else min(pause, LONGEST_PAUSE_S)
                    server.back_at = now + server.pause
            self._changed.notify_all()
