// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0

//go:build tools

// Package programs keeps the programs of deploy/bootstrap.sh --cluster in go.mod.
package programs

import (
	_ "github.com/yannh/kubeconform/cmd/kubeconform"
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
