// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "chips.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace hostacl {
namespace {

// A name and its family; the names are the ones that torch_npu and npu-smi know.
constexpr std::pair<std::string_view, ChipFamily> kChips[] = {
    {"Ascend310", ChipFamily::k310},         {"Ascend310B1", ChipFamily::k310B},
    {"Ascend310B2", ChipFamily::k310B},      {"Ascend310B3", ChipFamily::k310B},
    {"Ascend310B4", ChipFamily::k310B},      {"Ascend310P1", ChipFamily::k310P},
    {"Ascend310P2", ChipFamily::k310P},      {"Ascend310P3", ChipFamily::k310P},
    {"Ascend310P4", ChipFamily::k310P},      {"Ascend310P5", ChipFamily::k310P},
    {"Ascend310P7", ChipFamily::k310P},      {"Ascend910A", ChipFamily::k910},
    {"Ascend910B", ChipFamily::k910},        {"Ascend910B1", ChipFamily::k910B},
    {"Ascend910B2", ChipFamily::k910B},      {"Ascend910B2C", ChipFamily::k910B},
    {"Ascend910B3", ChipFamily::k910B},      {"Ascend910B4", ChipFamily::k910B},
    {"Ascend910B4-1", ChipFamily::k910B},    {"Ascend910PremiumA", ChipFamily::k910},
    {"Ascend910ProA", ChipFamily::k910},     {"Ascend910ProB", ChipFamily::k910},
    {"Ascend910_9362", ChipFamily::k910_93}, {"Ascend910_9363", ChipFamily::k910_93},
    {"Ascend910_9372", ChipFamily::k910_93}, {"Ascend910_9381", ChipFamily::k910_93},
    {"Ascend910_9382", ChipFamily::k910_93}, {"Ascend910_9391", ChipFamily::k910_93},
    {"Ascend910_9392", ChipFamily::k910_93},
};

// The newest family has many variants behind one stem.
constexpr std::string_view kStem950 = "Ascend950";

std::string Folded(std::string_view text) {
  std::string folded;
  for (const char letter : text) {
    folded += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  if (!folded.starts_with("ascend")) folded.insert(0, "ascend");
  return folded;
}

// Letters to insert, delete or replace.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

ChipFamily FamilyOf(std::string_view soc) {
  for (const auto& [name, family] : kChips) {
    if (name == soc) return family;
  }
  return soc.starts_with(kStem950) ? ChipFamily::k950 : ChipFamily::kUnknown;
}

std::string_view FamilyName(ChipFamily family) {
  switch (family) {
    case ChipFamily::k310:
      return "310";
    case ChipFamily::k310B:
      return "310B";
    case ChipFamily::k310P:
      return "310P";
    case ChipFamily::k910:
      return "910";
    case ChipFamily::k910B:
      return "910B";
    case ChipFamily::k910_93:
      return "910_93";
    case ChipFamily::k950:
      return "950";
    case ChipFamily::kUnknown:
      break;
  }
  return "";
}

const std::vector<std::string_view>& KnownChips() {
  static const auto& names = *new std::vector<std::string_view>([] {
    std::vector<std::string_view> list;
    for (const auto& [name, family] : kChips) list.push_back(name);
    list.push_back(kStem950);
    return list;
  }());
  return names;
}

std::vector<std::string_view> ChipsLike(std::string_view soc) {
  if (soc.size() > 64) return {};
  const std::string wanted = Folded(soc);
  // Without the maker's name a guess must be nearer.
  const size_t most = wanted.size() == soc.size() ? 2 : 1;
  std::vector<std::pair<size_t, std::string_view>> near;
  for (const std::string_view name : KnownChips()) {
    const size_t distance = Distance(wanted, Folded(name));
    if (distance <= most) near.emplace_back(distance, name);
  }
  std::sort(near.begin(), near.end());
  if (near.size() > 3) near.resize(3);
  std::vector<std::string_view> names;
  for (const auto& [distance, name] : near) names.push_back(name);
  return names;
}

bool SaturatesHalf(std::string_view soc) {
  switch (FamilyOf(soc)) {
    case ChipFamily::k910B:
    case ChipFamily::k910_93:
    case ChipFamily::k950:
      return false;
    default:
      return true;
  }
}

bool HasBfloat16(std::string_view soc) {
  return !SaturatesHalf(soc) || FamilyOf(soc) == ChipFamily::k310B;
}

bool TakesOpenShapes(std::string_view soc) { return FamilyOf(soc) != ChipFamily::k310B; }

}  // namespace hostacl
