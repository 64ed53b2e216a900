# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Part of bootstrap.sh: large things that one target alone uses, in build/deps: the other servers of
# `make bench-peers`, and Ray of `make test-offline`.
# shellcheck shell=bash

# install_environment NAME NOTE: a Python environment of its own with what deploy/NAME.txt pins
install_environment() {
  local want name=$1 note=$2
  want=$(sha256sum <"deploy/$name.txt")
  [ "$(cat "build/deps/$name.sha256" 2>/dev/null)" = "$want" ] && [ -d "build/deps/$name" ] && return 0
  say "downloading $note, pinned by hash"
  rm -rf "build/deps/$name"
  /usr/bin/python3 -m venv "build/deps/$name"
  "build/deps/$name/bin/python" -m pip install -q --only-binary=:all: --require-hashes \
    -r "deploy/$name.txt"
  echo "$want" >"build/deps/$name.sha256"
}

install_peers() {
  if [ "$(uname -m)" != x86_64 ]; then
    echo "bootstrap: the other servers are packaged for x86-64 alone" >&2
    return 1
  fi
  install_debian libpython3.11 python3-venv
  install_wheel triton "" "Triton (55 MB)"
  chmod +x build/deps/triton/pytriton/tritonserver/bin/tritonserver \
    build/deps/triton/pytriton/tritonserver/python_backend_stubs/*/triton_python_backend_stub
  install_environment mlserver "MLServer (100 MB)"
  install_environment kserve "KServe's Python server (140 MB)"
}

install_offline() {
  install_debian python3-venv
  install_environment ray "Ray (180 MB)"
}
