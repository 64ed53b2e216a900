#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Starts the server on two simulated NPUs, sends held-out scenes, a photo and a page, draws, stops.
set -euo pipefail
cd "$(dirname "$0")/.."
out=build/demo models=build/demo_models
mkdir -p "$out" "$models"
for pipeline in vitdet internvit; do ln -sfn "../models/$pipeline" "$models/$pipeline"; done
# Few gears, so that the server is there in seconds; `make serve` has them all.
deploy/compile_ocr.sh build/release models/ppocr_v4/few_gears.pbtxt "$models/ppocr_v4"
exec /usr/bin/python3 deploy/with_server.py --devices 2 --models "$models" --log "$out/server.log" -- \
  deploy/demo_requests.sh "$out"
