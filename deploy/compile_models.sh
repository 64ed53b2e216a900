#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Compiles the shipped ONNX stages to OM files and lays out a model folder for omserve.
# usage: deploy/compile_models.sh BUILD_DIR MODEL_DIR [PRECISION]
#   PRECISION: origin (fp32 as trained, the default) or fp16 (what a card computes by default)
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 out=$2 precision=${3:-origin}
atc=$build/hostacl/bin/atc
soc=${OMSERVE_SOC:-Ascend910B3}

compile() { # pipeline stage gears input_shape
  local onnx=models/$1/$2.onnx om=$out/$1/$2.om
  [ "$om" -nt "$onnx" ] && [ "$om" -nt "$atc" ] && [ "$om" -nt "$0" ] && return 0
  mkdir -p "$out/$1"
  local log
  log=$("$atc" --framework=5 --model="$onnx" --output="$out/$1/$2" --input_shape="$4" \
    --dynamic_batch_size="$3" --soc_version="$soc" --precision_mode_v2="$precision" 2>&1) ||
    { echo "$log" >&2; exit 1; }
  echo "compiled $om"
}

levels="p2:-1,64,80,80;p3:-1,64,40,40;p4:-1,64,20,20;p5:-1,64,10,10;p6:-1,64,5,5"
compile vitdet backbone 1,2,4 "image:-1,3,320,320"
compile vitdet rpn 1,2,4 "$levels"
compile vitdet roi_bbox 16,50,100,200 "roi_feats:-1,64,7,7"
compile vitdet roi_mask 4,8,16,32 "mask_feats:-1,64,14,14"
compile internvit internvit 1,2,4,8 "pixel_values:-1,3,224,224"
for pipeline in vitdet internvit; do
  cp -u models/$pipeline/pipeline.pbtxt models/$pipeline/labels.txt "$out/$pipeline/"
done
