// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/role.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace omserve {
namespace {

constexpr std::pair<absl::string_view, Role> kNames[] = {
    {"infer", Role::kInfer}, {"control", Role::kControl}, {"stats", Role::kStats}};

absl::StatusOr<Role> ParseRole(absl::string_view text) {
  for (const auto& [name, role] : kNames) {
    if (name == text) return role;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is not a role; there are infer, control and stats"));
}

}  // namespace

std::string Roles::Text(absl::string_view word) const {
  std::vector<absl::string_view> names;
  for (const auto& [name, role] : kNames) {
    if (Intersects(role)) names.push_back(name);
  }
  if (names.empty()) return "nothing";
  return absl::StrJoin(names, word.empty() ? ", " : absl::StrCat(" ", word, " "));
}

absl::StatusOr<Roles> ParseRoles(absl::string_view text) {
  Roles out;
  for (const absl::string_view name : absl::StrSplit(text, ',')) {
    const absl::StatusOr<Role> role = ParseRole(name);
    if (!role.ok()) return role.status();
    out = out | *role;
  }
  return out;
}

}  // namespace omserve
