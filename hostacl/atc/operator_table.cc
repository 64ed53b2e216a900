// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "operator_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "chips.h"

namespace hostacl {
namespace {

constexpr size_t kColumns = 5;

struct UnitName {
  Unit unit;
  const char* key;
  const char* title;
};
constexpr UnitName kUnits[] = {
    {Unit::kAiCore, "aicore", "AI Core"},
    {Unit::kAiCpu, "aicpu", "AI CPU"},
    {Unit::kEither, "either", "AI Core or AI CPU"},
    {Unit::kGraph, "graph", "no kernel"},
    {Unit::kNone, "none", "not at all"},
    {Unit::kUnknown, "unknown", "unknown"},
};

constexpr std::string_view kAll = ",*,";

// True when a family is in both lists (",310P,910B,"), or one of them is for all.
bool Overlap(std::string_view some, std::string_view others) {
  if (some == kAll || others == kAll) return true;
  while (some.size() > 1) {
    const size_t end = some.find(',', 1);
    if (others.find(some.substr(0, end + 1)) != std::string_view::npos) return true;
    some.remove_prefix(end);
  }
  return false;
}

}  // namespace

const char* UnitTitle(Unit unit) {
  for (const UnitName& name : kUnits) {
    if (name.unit == unit) return name.title;
  }
  return "unknown";
}

const char* UnitKey(Unit unit) {
  for (const UnitName& name : kUnits) {
    if (name.unit == unit) return name.key;
  }
  return "unknown";
}

bool OperatorTable::Read(std::string_view text, std::string* problem) {
  rows_.clear();
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::string where = "line " + std::to_string(number) + " of the operator table: ";
    std::array<std::string, kColumns> columns;
    size_t count = 0;
    while (count < kColumns) {
      const size_t tab = std::min(line.find('\t'), line.size());
      columns[count++] = line.substr(0, tab);
      if (tab == line.size()) {
        line = {};
        break;
      }
      line.remove_prefix(tab + 1);
    }
    const auto unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const UnitName& name) {
      return columns[2] == name.key && name.unit != Unit::kUnknown;
    });
    if (count != kColumns || !line.empty() || unit == std::end(kUnits) || columns[4].empty()) {
      *problem = where + "it needs five columns, a unit and a source";
      return false;
    }
    Row row{{unit->unit, columns[1], columns[4]}, "," + columns[3] + ","};
    std::vector<Row>& rows = rows_[columns[0]];
    if (std::any_of(rows.begin(), rows.end(),
                    [&row](const Row& other) { return Overlap(row.families, other.families); })) {
      *problem = where + columns[0] + " is there twice for one family of chips";
      return false;
    }
    rows.push_back(std::move(row));
  }
  return true;
}

OperatorFact OperatorTable::Find(const std::string& op, const std::string& domain,
                                 std::string_view soc) const {
  const auto rows = rows_.find(op);
  if (rows == rows_.end() || !domain.empty()) return {};
  const std::string family = "," + std::string(FamilyName(FamilyOf(soc))) + ",";
  for (const Row& row : rows->second) {
    if (row.families == kAll ||
        (family != ",," && row.families.find(family) != std::string::npos)) {
      return row.fact;
    }
  }
  OperatorFact fact = rows->second.front().fact;
  fact.unit = Unit::kUnknown;
  return fact;
}

}  // namespace hostacl
