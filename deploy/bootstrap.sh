#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Installs what omserve is built from on Debian 12 (root or sudo), once: a second run does nothing.
# usage: deploy/bootstrap.sh [GROUP]
#   --eval        adds what `make eval`, `make bench` and the recipes need
#   --peers       that and the other servers of `make bench-peers`
#   --offline     adds Ray for `make test-offline`
#   --operations  only what checks deploy/: promtool, kubectl, helm, schemas
#   --kinds       that and the definitions of operators' kinds
#   --cluster     that and a Kubernetes API server, built from source
#   --image       what builds and runs the container image
#   --arm64       what cross-compiles for arm64 and runs that here
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  clang-19 lld-19 libclang-rt-19-dev llvm-19 clang-format-19 cmake ninja-build ccache pkg-config
  libgrpc++-dev libssl-dev openssl protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libabsl-dev
  libopencv-core-dev libopencv-imgproc-dev libturbojpeg0-dev libpng-dev libwebp-dev
  libpolyclipping-dev prometheus-cpp-dev libcivetweb-dev libcurl4-openssl-dev libspdlog-dev libcli11-dev nlohmann-json3-dev
  libfreetype-dev fonts-dejavu-core libgtest-dev libgmock-dev libnghttp2-dev python3 python3-pip curl
  python3-grpcio python3-numpy python3-pil python3-lmdb python3-tqdm python3-onnx python3-yaml
  python3-shapely python3-rapidjson python3-packaging libb64-0d
)
eval_packages=(
  python3-torch python3-torchvision libopenblas0-pthread dataset-fashion-mnist python3-venv
  fonts-noto-cjk fonts-liberation
)

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else echo "bootstrap: needs root or sudo to install Debian packages: $*" >&2; exit 1
  fi
}

install_debian() { # packages...
  local missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ ! -e /etc/debian_version ] || ! grep -q '^12' /etc/debian_version; then
    echo "bootstrap: made for Debian 12; on another system install by hand: ${missing[*]}" >&2
    exit 1
  fi
  say "installing ${#missing[@]} Debian packages"
  as_root apt-get -o DPkg::Lock::Timeout=300 -q update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    -q -y --no-install-recommends install "${missing[@]}" >build/apt.log ||
    { tail -20 build/apt.log >&2; exit 1; }
}

# install_wheel NAME FOLDER NOTE [MACHINE]: unpacks FOLDER of the wheel that deploy/NAME.txt pins as
# build/deps/NAME; the wheel of another MACHINE as build/deps/MACHINE/NAME
install_wheel() {
  local want name=$1 folder=$2 note=$3 machine=${4:-$(uname -m)}
  local out=build/deps/${4:+$4/}$name
  local stamp=$out.sha256 scratch=$out-wheel
  want=$(sha256sum <"deploy/$name.txt")
  [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && [ -d "$out" ] && return 0
  say "downloading $note, pinned by hash"
  rm -rf "$out" "$scratch"
  mkdir -p "$scratch"
  /usr/bin/python3 -m pip download -q --no-deps --only-binary=:all: --python-version 311 \
    --platform "manylinux_2_28_$machine" --platform "manylinux_2_35_$machine" \
    --platform "manylinux2014_$machine" \
    --require-hashes -r "deploy/$name.txt" -d "$scratch"
  /usr/bin/python3 -m zipfile -e "$scratch"/*.whl "$scratch/unpacked"
  mv "$scratch/unpacked/$folder" "$out"
  rm -rf "$scratch"
  echo "$want" >"$stamp"
}

install_venv() {
  local want stamp=build/venv/.omserve.sha256
  want=$(cat models/requirements.txt deploy/rapidocr.txt | sha256sum)
  [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return 0
  say "making the Python environment of the recipes and scores"
  [ -x build/venv/bin/python ] || /usr/bin/python3 -m venv --system-site-packages build/venv
  build/venv/bin/python -m pip install -q -r models/requirements.txt
  # Without its dependencies: it asks for a second OpenCV, and the rest is in the requirements.
  build/venv/bin/python -m pip install -q --no-deps --require-hashes -r deploy/rapidocr.txt
  echo "$want" >"$stamp"
}

# shellcheck source=deploy/operations_tools.sh
source deploy/operations_tools.sh
# shellcheck source=deploy/peer_tools.sh
source deploy/peer_tools.sh
# shellcheck source=deploy/arm64_tools.sh
source deploy/arm64_tools.sh

mkdir -p build/deps
case ${1:-} in
  --operations) install_operations; exit ;;
  --kinds) install_operator_kinds; exit ;;
  --cluster) install_cluster; exit ;;
  --image) install_debian buildah mmdebstrap ca-certificates iproute2 git; exit ;;
  --arm64) install_arm64 "${packages[@]}"; exit ;;
  "" | --eval | --peers | --offline) ;;
  *) echo "bootstrap: no group '$1'" >&2; exit 2 ;;
esac
install_debian "${packages[@]}"
install_wheel openvino openvino "OpenVINO (58 MB)"
install_wheel rapidocr rapidocr_onnxruntime/models "the PP-OCRv4 models (15 MB)"
install_wheel grpc_health grpc_health "the standard health client"
install_wheel grpc_reflection grpc_reflection "the reflection client"
install_wheel opentelemetry opentelemetry "the messages of OpenTelemetry"
if [ "$(uname -m)" = x86_64 ]; then # the only one that these two are made for
  install_wheel tritonclient tritonclient-2.41.1.data "tritonclient and perf_analyzer (12 MB)"
  install_wheel cuda_runtime nvidia/cuda_runtime/lib "a library of perf_analyzer's (1 MB)"
fi
if [ "${1:-}" = --eval ] || [ "${1:-}" = --peers ]; then
  install_debian "${eval_packages[@]}"
  install_venv
fi
if [ "${1:-}" = --peers ]; then install_peers; fi
if [ "${1:-}" = --offline ]; then install_offline; fi
