// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gear_options.h"
#include "om_file.h"

namespace hostacl {

// How much atc says, from all to nothing. Notes are of level kWarning.
enum class LogLevel { kDebug, kInfo, kWarning, kError, kNull };

// "Node:1" of an option that names an output of a node.
struct NodeOutput {
  std::string node;
  size_t port = 0;
};

// What atc was asked for. A value.
struct AtcOptions {
  std::string model;
  std::string output;  // without ".om"; may be empty with a report alone
  std::string soc = "Ascend310P3";
  std::string input_format = "ND";
  Precision precision = Precision::kHalf;
  bool half_output = false;                                // --output_type=FP16
  std::vector<std::pair<NodeOutput, bool>> output_halves;  // Node:0:FP16 (true) or :FP32
  std::vector<std::string> half_inputs;                    // --input_fp16_nodes
  std::vector<NodeOutput> out_nodes;                       // empty: those of the file
  std::string keep_dtype;                                  // file of node names, one a line
  std::string op_report;                                   // file, "-", or empty
  LogLevel log = LogLevel::kWarning;
  std::map<std::string, std::vector<int64_t>> input_shapes;  // -1: a gear decides, or the run
  // Of the -1 dims that were written as 1~64: least and most, for all -1 dims of the input.
  std::map<std::string, std::vector<std::array<int64_t, 2>>> input_ranges;
  std::vector<std::string> input_order;  // their names as they were given
  GearOptions gears;
  std::string aipp_file;           // path; empty: none
  std::vector<std::string> notes;  // what was accepted and has no effect, one sentence each
};

// Reads `--option=value` and `--option value`. False and a message for the user in `problem`.
bool ParseOptions(const std::vector<std::string>& arguments, AtcOptions* options,
                  std::string* problem);

// What atc can be asked for, for a person.
std::string OptionList();

}  // namespace hostacl
