// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0

//go:build tools

// Package programs keeps the program of deploy/operations_tools.sh in go.mod.
package programs

import _ "github.com/fullstorydev/grpcurl/cmd/grpcurl"
