#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# The requests of the demo; OMSERVE_SERVER says where to. usage: demo_requests.sh OUT_DIR
set -euo pipefail
out=$1
client=build/release/bin/omserve-client
say() { printf '\n\033[1m==> %s\033[0m\n' "$*"; }
say "omserve-client models"
"$client" models
say "omserve-client detect models/samples/scene_*.jpg --out $out"
"$client" detect models/samples/scene_*.jpg --out "$out"
say "omserve-client embed models/samples/garment_*.png --top-k 3"
"$client" embed models/samples/garment_*.png --top-k 3
say "omserve-client embed models/samples/photo.jpg"
"$client" embed models/samples/photo.jpg
say "omserve-client read models/samples/page.png --out $out/text"
"$client" read models/samples/page.png --out "$out/text"
say "pictures: $out"
ls "$out"/*.png "$out"/text/*.png
