# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""How a client knows the server, and shows who it is."""

from __future__ import annotations

import pathlib
import threading
import time
from typing import Optional

import grpc

SYSTEM = "system"  # tls_ca: the authorities of this machine
_READ_AGAIN_AFTER = 10.0  # seconds


class Access:
    """Reads the files at once. OSError: one cannot be read; ValueError: what cannot be. Thread-safe."""

    def __init__(
        self,
        tls_ca: Optional[str] = None,
        tls_cert: Optional[str] = None,
        tls_key: Optional[str] = None,
        tls_name: Optional[str] = None,
        token_file: Optional[str] = None,
    ):
        if (tls_cert is None) != (tls_key is None):
            raise ValueError("tls_cert and tls_key belong together")
        if tls_ca is None and (tls_cert or tls_name):
            raise ValueError("for TLS set tls_ca: a PEM file, or 'system'")
        self._name = tls_name
        self._credentials: Optional[grpc.ChannelCredentials] = None
        if tls_ca is not None:
            self._credentials = grpc.ssl_channel_credentials(
                None if tls_ca == SYSTEM else pathlib.Path(tls_ca).read_bytes(),
                pathlib.Path(tls_key).read_bytes() if tls_key else None,
                pathlib.Path(tls_cert).read_bytes() if tls_cert else None,
            )
        self._lock = threading.Lock()
        self._token_file = token_file
        self._token = _read_token(token_file) if token_file else ""
        self._read = time.monotonic()

    def channel(self, server: str, options: list[tuple[str, object]]) -> grpc.Channel:
        """A new channel to 'server' (host:port)."""
        if self._credentials is None:
            return grpc.insecure_channel(server, options)
        if self._name:
            options = [*options, ("grpc.ssl_target_name_override", self._name)]
        return grpc.secure_channel(server, self._credentials, options)

    def metadata(self) -> list[tuple[str, str]]:
        """What a call brings along. The token is read again now and then, so that it may change."""
        if not self._token_file:
            return []
        with self._lock:
            if time.monotonic() - self._read > _READ_AGAIN_AFTER:
                self._read = time.monotonic()
                try:
                    self._token = _read_token(self._token_file)
                except (OSError, ValueError):
                    pass  # it is being changed; the former one goes on
            return [("authorization", f"Bearer {self._token}")]


def _read_token(path: str) -> str:
    token = pathlib.Path(path).read_text().strip()
    if not token or not all("!" <= character <= "~" for character in token):
        raise ValueError(f"{path} has to hold one token: a line without spaces")
    return token
