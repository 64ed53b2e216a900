#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Serves the shipped models on two simulated NPUs until Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."
export HOSTACL_DEVICES=${HOSTACL_DEVICES:-2}
exec build/release/bin/omserve --config deploy/server.pbtxt --model-dir build/models \
  --acl-library build/release/hostacl/lib64/libascendcl.so
