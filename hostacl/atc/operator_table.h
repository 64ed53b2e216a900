// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hostacl {

// The text of operators.tsv.
extern const char* const kOperatorFacts;

// Where an operator runs.
enum class Unit { kAiCore, kAiCpu, kEither, kGraph, kNone, kUnknown };

// Name of a unit for people: "AI Core", "AI CPU", ...
const char* UnitTitle(Unit unit);
// Name of a unit in the table and in JSON: "aicore", "aicpu", ...
const char* UnitKey(Unit unit);

// What the table says of one operator on one chip.
struct OperatorFact {
  Unit unit = Unit::kUnknown;
  std::string cann;     // CANN's operator; empty when the table does not have the operator
  std::string sources;  // letters that the table's head explains
};

// Facts about ONNX operators, read from the table once. Thread-compatible.
class OperatorTable {
 public:
  // False and a message with the line number in `problem` when the text is no such table.
  bool Read(std::string_view text, std::string* problem);

  // The operator on the chip; kUnknown when the table does not say it of this chip's family.
  OperatorFact Find(const std::string& op, const std::string& domain, std::string_view soc) const;

  // Operators.
  size_t size() const { return rows_.size(); }

 private:
  struct Row {
    OperatorFact fact;
    std::string families;  // ",310P,910B," or ",*,"
  };
  std::map<std::string, std::vector<Row>> rows_;  // by operator; no family is in two of its rows
};

}  // namespace hostacl
