#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Lays out what the images take from a build. usage: deploy/image/collect.sh BUILD_DIR MODEL_DIR OUT_DIR
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1 models=$2 out=$3
# What the build was configured with: an arm64 build has another.
engine=$(sed -n 's/^OMSERVE_OPENVINO_DIR:PATH=//p' "$build/CMakeCache.txt")/../libs
rm -rf "$out"
mkdir -p "$out/bin" "$out/lib" "$out/models"
for program in omserve omserve-client omserve-doctor; do
  install -m 755 "$build/bin/$program" "$out/bin/"
done
install -m 644 "$build/hostacl/lib64/libascendcl.so" "$out/lib/"
# The engine's core and its CPU device; what it brings for other devices and formats stays out.
install -m 644 "$engine"/libopenvino.so.* "$engine"/libopenvino_*_cpu_plugin.so \
  "$engine"/libopenvino_ir_frontend.so.* "$engine"/libtbb.so.12 "$engine"/libtbbmalloc.so.2 \
  "$engine"/libhwloc.so.15 "$out/lib/"
llvm-strip-19 "$out"/bin/* "$out/lib/libascendcl.so"
for pipeline in vitdet internvit; do
  install -d "$out/models/$pipeline"
  install -m 644 "$models/$pipeline"/*.om "$models/$pipeline"/*.txt "$models/$pipeline"/*.pbtxt \
    "$out/models/$pipeline/"
done
install -m 644 deploy/image/server.pbtxt "$out/"
# What is within the programs (cmake/grpc_archives.cmake), for the bill of materials: as dpkg's status file.
sed -n 's/^OMSERVE_ARCHIVE_[^:]*:FILEPATH=//p' "$build/CMakeCache.txt" | xargs -r dpkg -S | cut -d: -f1,2 | sort -u |
  xargs -r dpkg-query -W -f='Package: ${Package}\nStatus: ${Status}\nSource: ${source:Package}\nVersion: ${Version}\nArchitecture: ${Architecture}\n\n' \
    >"$out/linked_status"
