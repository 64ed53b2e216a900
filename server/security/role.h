// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace omserve {

// What a caller may do. Roles do not contain each other: an operator who also sends requests has
// two.
enum class Role : uint8_t {
  kInfer = 1,    // send requests, and look at the models
  kControl = 2,  // load, reload and unload models
  kStats = 4,    // read statistics and the repository's state
};

// A set of roles. A value; thread-compatible.
class Roles {
 public:
  constexpr Roles() = default;
  constexpr Roles(Role role) : bits_(static_cast<uint8_t>(role)) {}  // NOLINT: a role is a set

  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool Intersects(Roles other) const { return (bits_ & other.bits_) != 0; }
  constexpr Roles operator|(Roles other) const {
    Roles out;
    out.bits_ = bits_ | other.bits_;
    return out;
  }
  constexpr bool operator==(const Roles& other) const = default;

  // "infer, stats"; with 'word' "or": "infer or stats". "nothing" for none.
  std::string Text(absl::string_view word = "") const;

 private:
  uint8_t bits_ = 0;
};

constexpr Roles operator|(Role a, Role b) { return Roles(a) | Roles(b); }

// The roles in "infer,control". INVALID_ARGUMENT for none, an empty or an unknown one.
absl::StatusOr<Roles> ParseRoles(absl::string_view text);

}  // namespace omserve
