# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Part of bootstrap.sh: what `make arm64` compiles against and runs with, in build/deps/aarch64. Nothing of
# it is installed, and no program of arm64 runs while it is made.
# shellcheck shell=bash

# install_sysroot PACKAGE...: these packages of Debian 12 for arm64 as build/deps/aarch64/sysroot
install_sysroot() {
  local want sysroot=build/deps/aarch64/sysroot stamp=build/deps/aarch64/sysroot.sha256
  want=$({ printf '%s\n' "$@"; cat deploy/arm64_tools.sh; } | sha256sum)
  [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return 0
  say "unpacking $# Debian packages for arm64 and what they need (490 MB)"
  as_root rm -rf "$sysroot"
  mkdir -p build/deps/aarch64
  as_root mmdebstrap --quiet --architectures=arm64 --variant=extract --include="$(IFS=,; echo "$*")" \
    bookworm "$sysroot" \
    'deb http://deb.debian.org/debian bookworm main' \
    'deb http://deb.debian.org/debian bookworm-updates main' \
    'deb http://deb.debian.org/debian-security bookworm-security main'
  as_root deploy/relative_links.sh "$sysroot"
  echo "$want" >"$stamp"
}

install_arm64() { # the packages of a native build
  local headers=()
  if [ "$(uname -m)" != x86_64 ]; then
    echo "bootstrap: cross-compiles for arm64 on x86-64 alone; elsewhere build natively" >&2
    return 1
  fi
  install_debian "$@" mmdebstrap arch-test qemu-user-static
  for package in "$@"; do
    case $package in *clang*) ;; *-dev) headers+=("$package") ;; esac
  done
  # The package of gRPC's plugin: gRPC's CMake files want to see it.
  install_sysroot libc6-dev libstdc++-12-dev protobuf-compiler-grpc "${headers[@]}"
  install_wheel openvino openvino "OpenVINO for arm64 (30 MB)" aarch64
}
