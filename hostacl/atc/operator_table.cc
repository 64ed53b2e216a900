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
    if (!rows_.emplace(columns[0], std::move(row)).second) {
      *problem = where + columns[0] + " is there twice";
      return false;
    }
  }
  return true;
}

OperatorFact OperatorTable::Find(const std::string& op, const std::string& domain,
                                 std::string_view soc) const {
  const auto row = rows_.find(op);
  if (row == rows_.end() || !domain.empty()) return {};
  const std::string family = "," + std::string(FamilyName(FamilyOf(soc))) + ",";
  const std::string& families = row->second.families;
  OperatorFact fact = row->second.fact;
  if (families != ",*," && (family == ",," || families.find(family) == std::string::npos)) {
    fact.unit = Unit::kUnknown;
  }
  return fact;
}

}  // namespace hostacl
