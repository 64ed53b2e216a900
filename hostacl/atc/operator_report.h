// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "onnx_file.h"
#include "operator_table.h"

namespace hostacl {

// Every operator of a graph, and where it runs on one chip. A value.
struct OperatorReport {
  struct Line {
    std::string op;
    std::string domain;
    OperatorFact fact;
    std::vector<std::string> nodes;  // labels, in the order of the file
  };
  std::string model;
  std::string soc;
  std::vector<Line> lines;  // by name

  // One sentence a fact, the worst first.
  std::string Summary() const;
  std::string Text() const;
  std::string Json() const;
};

OperatorReport MakeOperatorReport(const OnnxFile& file, const std::string& model,
                                  const std::string& soc, const OperatorTable& table);

// Writes the report as JSON to `path`, or as text to standard output for "-". False and a message
// in `problem`.
bool WriteOperatorReport(const OperatorReport& report, const std::string& path,
                         std::string* problem);

}  // namespace hostacl
