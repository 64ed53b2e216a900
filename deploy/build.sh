#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Configures (when needed) and builds one preset. usage: deploy/build.sh PRESET [TARGET...]
# OMSERVE_PRECOMPILE=1 configures with precompiled headers (cmake/precompiled.cmake).
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1; shift
export CCACHE_DIR=${CCACHE_DIR:-$PWD/build/ccache}
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}
if [ ! -f "build/$preset/build.ninja" ]; then
  precompile=OFF
  if [ -n "${OMSERVE_PRECOMPILE:-}" ]; then
    precompile=ALL
    [ "$preset" != release ] || precompile=TESTS
  fi
  cmake --preset "$preset" -DOMSERVE_PRECOMPILE="$precompile" >"build/configure-$preset.log" 2>&1 ||
    { tail -30 "build/configure-$preset.log" >&2; exit 1; }
fi
targets=()
[ $# -eq 0 ] || targets=(--target "$@")
cmake --build "build/$preset" -j "$(nproc)" "${targets[@]}"
