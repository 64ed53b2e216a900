#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Starts the server on two simulated NPUs, sends held-out scenes and a photo, draws, stops.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build/demo
mkdir -p "$out"
exec /usr/bin/python3 deploy/with_server.py --devices 2 --log "$out/server.log" -- deploy/demo_requests.sh "$out"
