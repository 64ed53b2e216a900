# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""The server.pbtxt of a ConfigMap, read by protoc, which refuses what the schema does not know."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from tests.deploy.rendering import ROOT


class ConfigError(Exception):
    """protoc's words."""


@dataclass(frozen=True)
class ServerConfig:
    drain_seconds: float
    listeners: dict[str, str]  # grpc, health, metrics -> host:port
    model_dir: str
    cache_dir: str
    secrets: list[str]  # files of `security`: certificate, key, authority, tokens
    tls: bool

    def port(self, listener: str) -> int:
        return int(self.listeners[listener].rsplit(":", 1)[1])

    def host(self, listener: str) -> str:
        return self.listeners[listener].rsplit(":", 1)[0]


def _protoc(mode: str, given: bytes) -> bytes:
    done = subprocess.run(
        ["protoc", f"--{mode}=omserve.v1.ServerConfig", "-Iproto", "proto/omserve/v1/config.proto"],
        cwd=ROOT, input=given, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise ConfigError(done.stderr.decode().strip())
    return done.stdout


def read(text: str) -> ServerConfig:
    plain = _protoc("decode", _protoc("encode", text.encode())).decode()

    def value(name: str, default: str) -> str:
        match = re.search(rf'^\s*{name}: "?([^"\n]*)"?$', plain, flags=re.M)
        return match.group(1) if match else default

    return ServerConfig(
        drain_seconds=float(value("drain_ms", "10000")) / 1000,
        listeners={
            "grpc": value("grpc", "0.0.0.0:8500"),
            "health": value("health", "0.0.0.0:8502"),
            "metrics": value("metrics", "0.0.0.0:8503"),
        },
        model_dir=value("model_dir", ""),
        cache_dir=value("cache_dir", ""),
        secrets=[file for name in ("certificate", "private_key", "client_ca", "tokens") if (file := value(name, ""))],
        tls=bool(value("certificate", "")),
    )
