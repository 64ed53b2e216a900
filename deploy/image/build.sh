#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Builds the image without a Docker engine (root): a base out of Debian's packages, then buildah.
# usage: deploy/image/build.sh [--target hostacl|ascend] [--from-source] [--tag TAG] [BUILDAH OPTION...]
# The result lies in build/image/storage; by default it takes the programs of build/release.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=hostacl programs=prebuilt tag=
while [ $# -gt 0 ]; do
  case $1 in
    --target) target=$2; shift 2 ;;
    --tag) tag=$2; shift 2 ;;
    --from-source) programs=source; shift ;;
    *) break ;;
  esac
done
tag=${tag:-omserve:$target}
image=build/image
mkdir -p "$image/storage"
# chroot: no user namespaces or cgroups are asked for, so that it runs inside of a container, too.
export BUILDAH_ISOLATION=chroot
buildah=(buildah --root "$PWD/$image/storage" --runroot "$PWD/$image/run")
base=omserve-base:12
if ! "${buildah[@]}" inspect --type image "$base" >/dev/null 2>&1; then
  [ -e "$image/base.tar" ] || deploy/image/base.sh "$image/base.tar"
  printf 'FROM scratch\nADD base.tar /\n' | "${buildah[@]}" bud -q -f - -t "$base" "$image" >/dev/null
fi
extra=()
if [ "$programs" = prebuilt ]; then deploy/image/collect.sh build/release build/models "$image/out"; fi
if [ "$programs" = source ]; then
  mkdir -p build/ccache
  # This machine's certificates: it may reach the package index through a proxy of its own.
  extra=(-v "$(realpath build/ccache):/ccache" -v /etc/ssl/certs/ca-certificates.crt:/run/host.crt:ro
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
