// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace hostacl::testing {

struct AtcOutcome {
  int status = -1;  // of the shell: 256 for an exit status of 1
  std::string text;
};

// Runs the atc of this build, with commands of the shell before it, and takes what it prints.
inline AtcOutcome RunAtcTool(const std::string& arguments, const std::string& before = "") {
  AtcOutcome outcome;
  FILE* pipe = popen((before + OMSERVE_ATC + " " + arguments + " 2>&1").c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  if (pipe == nullptr) return outcome;
  char part[512];
  while (fgets(part, sizeof part, pipe) != nullptr) outcome.text += part;
  outcome.status = pclose(pipe);
  return outcome;
}

}  // namespace hostacl::testing
