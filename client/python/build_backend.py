# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""setuptools' build backend, which generates omserve/v1 first (see generate.py)."""

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403  the hooks that need nothing special

import generate


def _tools() -> list[str]:
    # Code from a newer protoc needs a newer protobuf at run time than the oldest that we accept,
    # so the compiler is fetched only where the system has none.
    return [] if generate.has_protoc() else ["grpcio-tools"]


def get_requires_for_build_wheel(config_settings=None):
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_tools()]


def get_requires_for_build_editable(config_settings=None):
    return [*build_meta.get_requires_for_build_editable(config_settings), *_tools()]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    generate.generate()
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    generate.generate()
    return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)
