#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Compiles PP-OCRv4's three graphs, one OM file for each gear that a manifest names, and lays out
# the pipeline's folder: OM files, manifest, and the dictionary out of the recognition graph.
# usage: deploy/compile_ocr.sh BUILD_DIR MANIFEST OUT_DIR [PRECISION]
#   PRECISION: origin (fp32 as trained, the default) or fp16 (what a card computes by default)
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 manifest=$2 out=$3 precision=${4:-origin}
graphs=build/deps/rapidocr
atc=$build/hostacl/bin/atc
soc=${OMSERVE_SOC:-Ascend910B3}
recognition=$graphs/ch_PP-OCRv4_rec_infer.onnx
neutral=$build/ocr/rec_neutral_padding.onnx # the same, blind to padding on the right
trained_width=320                           # lines up to it are padded to it, as in training

compile() { # stage onnx input_shape [atc option...]
  local stage=$1 onnx=$2 shape=$3 om=$out/$1.om log
  shift 3
  [ "$om" -nt "$onnx" ] && [ "$om" -nt "$atc" ] && [ "$om" -nt "$0" ] && return 0
  log=$("$atc" --framework=5 --model="$onnx" --output="$out/$stage" --input_shape="$shape" \
    --soc_version="$soc" --precision_mode_v2="$precision" "$@" 2>&1) ||
    { echo "$log" >&2; exit 1; }
  echo "compiled $om"
}

mkdir -p "$out" "$build/ocr"
if [ "$recognition" -nt "$neutral" ] || [ models/ocr/neutral_padding.py -nt "$neutral" ]; then
  /usr/bin/python3 -m models.ocr.neutral_padding "$recognition" "$neutral"
fi
for stage in $(sed -n 's/^ *name: "\(det_[0-9x]*\|rec_[0-9]*\|cls\)".*/\1/p' "$manifest"); do
  case $stage in
    det_*)
      size=${stage#det_}
      compile "$stage" "$graphs/ch_PP-OCRv4_det_infer.onnx" "x:1,3,${size%x*},${size#*x}"
      ;;
    rec_*)
      width=${stage#rec_}
      onnx=$recognition
      [ "$width" -le "$trained_width" ] || onnx=$neutral
      compile "$stage" "$onnx" "x:-1,3,48,$width" --dynamic_batch_size=1,4
      ;;
    cls)
      compile "$stage" "$graphs/ch_ppocr_mobile_v2.0_cls_infer.onnx" "x:-1,3,48,192" \
        --dynamic_batch_size=1,4,16
      ;;
  esac
done
/usr/bin/python3 deploy/onnx_metadata.py "$recognition" character >"$out/dictionary.txt.new"
mv "$out/dictionary.txt.new" "$out/dictionary.txt"
cmp -s "$manifest" "$out/pipeline.pbtxt" || cp "$manifest" "$out/pipeline.pbtxt"
