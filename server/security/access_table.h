// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/security/role.h"

namespace omserve {

// Who may call one RPC.
struct AccessRow {
  absl::string_view service;  // with its package: "omserve.v1.Vision"
  absl::string_view method;
  Roles roles;          // any of them is enough; none: nobody, unless 'anyone'
  bool anyone = false;  // no credentials are asked for
};

// The one table of authorisation: every RPC of every service, in the order of the names. What has
// no row is denied.
absl::Span<const AccessRow> AccessTable();

// The row of "/package.Service/Method"; null for none. Thread-safe; takes a few comparisons.
const AccessRow* FindAccess(absl::string_view path);

}  // namespace omserve
