#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Serves the shipped models on two simulated NPUs until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."
models=build/serve_models
mkdir -p "$models"
for pipeline in models/vitdet models/internvit models_ocr/ppocr_v4; do
  ln -sfn "../$pipeline" "$models/${pipeline##*/}"
done
export HOSTACL_DEVICES=${HOSTACL_DEVICES:-2}
export GLIBC_TUNABLES=${GLIBC_TUNABLES:-glibc.malloc.tcache_count=64} # as in the image
exec build/release/bin/omserve --config deploy/server.pbtxt --model-dir "$models" \
  --acl-library build/release/hostacl/lib64/libascendcl.so
