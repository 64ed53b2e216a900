#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Prints the chip of NPU 0 as atc wants it (--soc_version=Ascend910B3), read from the table of
# `npu-smi info`. usage: deploy/soc_version.sh [NPU_SMI]
set -euo pipefail
table=$("${1:-npu-smi}" info)
# The first row of a chip: | 0     910B3     | OK     | ...
pattern='^\|[[:space:]]*[0-9]+[[:space:]]+(Ascend)?([0-9]{3}[A-Za-z0-9_-]*)[[:space:]]*\|'
while IFS= read -r line; do
  if [[ $line =~ $pattern ]]; then
    echo "Ascend${BASH_REMATCH[2]}"
    exit 0
  fi
done <<<"$table"
echo "soc_version: npu-smi names no chip; set --soc_version yourself" >&2
exit 1
