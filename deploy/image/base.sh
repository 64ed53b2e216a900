#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Makes a Debian 12 base like debian:12-slim where no registry can be reached (root). usage: base.sh TAR ARCHITECTURE
set -euo pipefail
tar=$1 arch=$2
exclude=()
for path in doc man info locale groff lintian linda; do
  exclude+=(--dpkgopt="path-exclude=/usr/share/$path/*")
done
mmdebstrap --quiet --architectures="$arch" --variant=minbase "${exclude[@]}" \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/apt "$1"/var/log/*.log' \
  bookworm "$tar" \
  'deb http://deb.debian.org/debian bookworm main' \
  'deb http://deb.debian.org/debian bookworm-updates main' \
  'deb http://deb.debian.org/debian-security bookworm-security main'
