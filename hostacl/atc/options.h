// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gear_options.h"

namespace hostacl {

// What atc was asked for. A value.
struct AtcOptions {
  std::string model;
  std::string output;  // without ".om"
  std::string soc = "Ascend310P3";
  std::string input_format = "ND";
  bool half_precision = true;
  bool half_output = false;
  std::map<std::string, std::vector<int64_t>> input_shapes;  // -1: what a gear decides
  std::vector<std::string> input_order;                      // their names as they were given
  GearOptions gears;
  std::string aipp_file;  // path; empty: none
};

// Reads `--option=value` and `--option value`. False and a message for the user in `problem`.
bool ParseOptions(const std::vector<std::string>& arguments, AtcOptions* options,
                  std::string* problem);

// What atc can be asked for, for a person.
std::string OptionList();

}  // namespace hostacl
