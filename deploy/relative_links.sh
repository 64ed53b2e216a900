#!/usr/bin/env bash
# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Makes a root of unpacked Debian packages usable from outside. usage: relative_links.sh ROOT
#   Absolute links become relative ones. BLAS and LAPACK, which OpenCV links to, get the links that
#   their packages' scripts would have made.
set -euo pipefail
root=$1
find "$root/usr" "$root/lib" -type l -lname '/*' | while read -r link; do
  ln -sfnr "$root$(readlink "$link")" "$link"
done
for library in blas lapack; do
  for folder in "$root"/usr/lib/*/"$library"; do
    ln -sfnr "$folder/lib$library.so.3" "${folder%/*}/lib$library.so.3"
  done
done
