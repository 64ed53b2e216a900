# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a request, as exceptions that say what to do."""

from __future__ import annotations

import grpc


class OmserveError(Exception):
    """A request failed. The text is the server's message and what to do about it."""

    advice = "the server's log says more"

    def __init__(self, code: str, message: str, advice: str | None = None):
        self.code = code  # gRPC's name, e.g. "NOT_FOUND"
        self.message = message  # the server's or gRPC's, unchanged
        self.advice = advice if advice is not None else type(self).advice
        super().__init__(f"{code}: {message}" + (f" ({self.advice})" if self.advice else ""))


class InvalidRequestError(OmserveError):
    """INVALID_ARGUMENT: the message names the field."""

    advice = "change the argument or the picture that the message names"


class ModelNotFoundError(OmserveError):
    """NOT_FOUND: no such model."""

    advice = "Client.list_models() lists what is served"


class OverloadedError(OmserveError):
    """RESOURCE_EXHAUSTED: a queue is full. 'retry_after' is the server's hint in seconds, or None."""

    advice = "try again later, or keep fewer requests in flight"

    def __init__(self, code: str, message: str, retry_after: float | None = None):
        self.retry_after = retry_after
        super().__init__(
            code, message, f"try again in {retry_after:.3g} s" if retry_after is not None else None
        )


class DeadlineError(OmserveError):
    """DEADLINE_EXCEEDED: no answer within the deadline."""

    advice = "raise the deadline, or keep fewer requests in flight"


class UnavailableError(OmserveError):
    """UNAVAILABLE: nobody answers there, or the server is draining or has no device."""


class NotOfferedError(OmserveError):
    """UNIMPLEMENTED: the program that answered does not know this call."""

    advice = "is it an omserve of this version?"


class RefusedError(OmserveError):
    """UNAUTHENTICATED or PERMISSION_DENIED: the server does not let this caller do that."""

    advice = "token_file, or tls_cert and tls_key, show who calls; the server's operator gives roles"


class PictureError(ValueError):
    """A picture that cannot be sent; nothing was asked of the server."""


RETRY_AFTER = "retry-after-ms"  # trailing metadata of RESOURCE_EXHAUSTED

_KINDS: dict[str, type[OmserveError]] = {
    "INVALID_ARGUMENT": InvalidRequestError,
    "NOT_FOUND": ModelNotFoundError,
    "DEADLINE_EXCEEDED": DeadlineError,
    "UNIMPLEMENTED": NotOfferedError,
    "UNAUTHENTICATED": RefusedError,
    "PERMISSION_DENIED": RefusedError,
}


def from_rpc(error: grpc.RpcError, server: str) -> OmserveError:
    """The exception for what gRPC raised while asking 'server' (host:port)."""
    code, message = error.code().name, error.details() or "no message"
    if code == "UNAVAILABLE":
        advice = f"is an omserve running at {server}? `make serve` starts one"
        return UnavailableError(code, message, advice)
    if code == "RESOURCE_EXHAUSTED":
        return OverloadedError(code, message, _retry_after(error))
    return _KINDS.get(code, OmserveError)(code, message)


def _retry_after(error: grpc.RpcError) -> float | None:
    for key, value in error.trailing_metadata() or ():
        if key == RETRY_AFTER:
            try:
                return float(value) / 1e3
            except ValueError:
                return None
    return None
