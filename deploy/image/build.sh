#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Builds the image without a Docker engine (root): a base out of Debian's packages, then buildah.
# usage: deploy/image/build.sh [--target hostacl|ascend] [--from-source | --arm64] [--tag TAG] [BUILDAH OPTION...]
# The result lies in build/image/storage; by default it takes the programs of build/release. --arm64: for
# that machine, by qemu, with the programs of build/arm64, in build/image/arm64/storage; its files beside it.
set -euo pipefail
cd "$(dirname "$0")/../.."
given=("$@") target=hostacl programs=prebuilt tag= arch=amd64 build=build/release image=build/image extra=()
[ "$(uname -m)" = x86_64 ] || arch=arm64
while [ $# -gt 0 ]; do
  case $1 in
    --target) target=$2; shift 2 ;;
    --tag) tag=$2; shift 2 ;;
    --from-source) programs=source; shift ;;
    --arm64) arch=arm64 build=build/arm64 image=build/image/arm64; shift ;;
    *) break ;;
  esac
done
tag=${tag:-omserve:$target}
if [ "$build" = build/arm64 ] && [ -z "${OMSERVE_EMULATED:-}" ]; then
  OMSERVE_EMULATED=1 exec /usr/bin/python3 deploy/image/emulated.py deploy/image/build.sh "${given[@]}"
fi
mkdir -p "$image/storage"
# chroot: no user namespaces or cgroups are asked for, so that it runs inside of a container, too.
export BUILDAH_ISOLATION=chroot
buildah=(buildah --root "$PWD/$image/storage" --runroot "$PWD/$image/run")
base=omserve-base:12
if ! "${buildah[@]}" inspect --type image "$base" >/dev/null 2>&1; then
  [ -e "$image/base.tar" ] || deploy/image/base.sh "$image/base.tar" "$arch"
  printf 'FROM scratch\nADD base.tar /\n' | "${buildah[@]}" bud -q --arch "$arch" -f - -t "$base" "$image" >/dev/null
fi
if [ "$programs" = prebuilt ]; then deploy/image/collect.sh "$build" build/models "$image/out"; fi
# What gears take under an emulator says nothing of the machine.
[ -z "${OMSERVE_EMULATED:-}" ] || extra+=(--arch "$arch" --build-arg MEASURE=no)
if [ "$programs" = source ]; then
  mkdir -p build/ccache
  # This machine's certificates: it may reach the package index through a proxy of its own.
  extra+=(-v "$(realpath build/ccache):/ccache" -v /etc/ssl/certs/ca-certificates.crt:/run/host.crt:ro
    --build-arg PIP_CERT=/run/host.crt)
fi
# A context of tracked files, and of what is built here if it is wanted.
context=$image/context
rm -rf "$context"
mkdir -p "$context/build/image"
git ls-files -coz --exclude-standard | grep -zv '^models/ppocr' | xargs -0 cp -P --parents -t "$context"
[ "$programs" = source ] || cp -r "$image/out" "$context/build/image/out"
"${buildah[@]}" bud --format docker --pull-never --layers -f Dockerfile --target "$target" \
  --build-arg BASE_IMAGE="localhost/$base" --build-arg PROGRAMS="$programs" "${extra[@]}" "$@" \
  -t "$tag" "$context"
rm -rf "$context"
if [ -n "${OMSERVE_EMULATED:-}" ]; then # its files, for who is not in that namespace
  container=$("${buildah[@]}" from --pull-never "$tag")
  rm -rf "$image/root"
  cp -a "$("${buildah[@]}" mount "$container")" "$image/root"
  "${buildah[@]}" rm "$container" >/dev/null
fi
