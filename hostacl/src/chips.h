// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hostacl {

// Chips that share kernels and number formats. The names are those of the operator table.
enum class ChipFamily { kUnknown, k310, k310B, k310P, k910, k910B, k910_93, k950 };

// The family of a chip name such as "Ascend310P3"; kUnknown for a name that is not on the list.
// Every function here is thread-safe.
ChipFamily FamilyOf(std::string_view soc);

// Column name of a family in the operator table: "310P", "910B", ...; empty for kUnknown.
std::string_view FamilyName(ChipFamily family);

// Every chip name that is known, in ascending order.
const std::vector<std::string_view>& KnownChips();

// Up to three known names that `soc` may have been meant to be, nearest first; none when nothing
// is near. Case does not count, and a missing "Ascend" is forgiven.
std::vector<std::string_view> ChipsLike(std::string_view soc);

// True for chips whose fp16 arithmetic ends at +-65504 (310, 310B, 310P, 910); the later ones give
// infinity unless a program sets them otherwise.
bool SaturatesHalf(std::string_view soc);
// True for chips that compute in bfloat16: 310B, 910B, 910_93, 950.
bool HasBfloat16(std::string_view soc);
// False for 310B, whose compiler takes gears and no shapes that are open until run time.
bool TakesOpenShapes(std::string_view soc);

}  // namespace hostacl
