# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Certificates for a test, and a folder of them as the kubelet lays a secret out and renews it."""

from __future__ import annotations

import pathlib
import subprocess

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
SUBJECT = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")


def _openssl(folder: pathlib.Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def make_authority(folder: pathlib.Path) -> None:
    """ca.{crt,key}, and stranger.{crt,key}, which it has not signed."""
    _openssl(folder, "req", "-x509", *KEY, "-subj", "/CN=ca", "-days", "2", "-keyout", "ca.key", "-out", "ca.crt")
    _openssl(folder, "req", "-x509", *KEY, *SUBJECT, "-days", "2", "-keyout", "stranger.key", "-out", "stranger.crt")


def sign(folder: pathlib.Path, name: str, days: int) -> None:
    """NAME.{crt,key} for localhost, signed by ca."""
    _openssl(folder, "req", *KEY, *SUBJECT, "-keyout", f"{name}.key", "-out", f"{name}.csr")
    _openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
        "-copy_extensions", "copy", "-days", str(days), "-out", f"{name}.crt",
    )  # fmt: skip


def lay_out(secret: pathlib.Path, source: pathlib.Path, name: str) -> None:
    """The secret's tls.crt, tls.key and ca.crt: links through `..data`, which is exchanged at once."""
    version = secret / f"..{name}"
    version.mkdir(parents=True)
    for file, origin in (("tls.crt", f"{name}.crt"), ("tls.key", f"{name}.key"), ("ca.crt", "ca.crt")):
        (version / file).write_bytes((source / origin).read_bytes())
        if not (secret / file).is_symlink():
            (secret / file).symlink_to(f"..data/{file}")
    fresh = secret / "..data_tmp"
    fresh.symlink_to(version.name)
    fresh.rename(secret / "..data")
