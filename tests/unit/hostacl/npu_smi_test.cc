// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The stand-in npu-smi, and the detection that reads its table.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <regex>
#include <string>

namespace {

struct Output {
  int status = -1;
  std::string text;  // stdout and stderr
};

Output RunShell(const std::string& variables, const std::string& command) {
  Output output;
  FILE* pipe = popen(("env " + variables + " timeout 60 " + command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return output;
  char buffer[4096];
  while (const size_t count = fread(buffer, 1, sizeof buffer, pipe))
    output.text.append(buffer, count);
  const int status = pclose(pipe);
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

Output Smi(const std::string& variables, const std::string& arguments) {
  return RunShell(variables, std::string(OMSERVE_NPU_SMI) + " " + arguments);
}

constexpr char kMixed[] =
    "HOSTACL_DEVICES=2 HOSTACL_SOC=Ascend910B3,Ascend310P3 HOSTACL_DEVICE_MEMORY_MIB=65536,24576";

TEST(NpuSmiTest, TableHasTwoRowsAChip) {
  const Output output = Smi(kMixed, "info");
  EXPECT_EQ(output.status, 0);
  const std::regex first(R"(\| (\d+) +(\S+) +\| OK +\| \S+ +\d+ +\d+ +/ \d+ +\|)");
  const std::regex second(
      R"(\| (\d+) +\d+ +\| [0-9A-F]{4}:[0-9A-F]{2}:[0-9A-F]{2}\.\d +\| \d+ +\d+ +/ (\d+) +\|)");
  std::string names;
  for (std::sregex_iterator at(output.text.begin(), output.text.end(), first), end; at != end;
       ++at) {
    names += (*at)[1].str() + ":" + (*at)[2].str() + " ";
  }
  EXPECT_EQ(names, "0:910B3 1:310P3 ") << output.text;
  std::string sizes;
  for (std::sregex_iterator at(output.text.begin(), output.text.end(), second), end; at != end;
       ++at) {
    sizes += (*at)[2].str() + " ";
  }
  EXPECT_EQ(sizes, "65536 24576 ") << output.text;
  // Every line of the frame is equally long.
  size_t width = output.text.find('\n');
  for (size_t at = 0; at < output.text.size(); at = output.text.find('\n', at) + 1) {
    EXPECT_EQ(output.text.find('\n', at) - at, width) << output.text.substr(at, width);
  }
}

TEST(NpuSmiTest, AllCardsAreShownWhateverIsVisible) {
  const Output output = Smi("HOSTACL_DEVICES=3 ASCEND_RT_VISIBLE_DEVICES=1", "info -l");
  EXPECT_EQ(output.status, 0);
  EXPECT_TRUE(std::regex_search(output.text, std::regex(R"(Total Count +: 3\n)"))) << output.text;
  EXPECT_TRUE(std::regex_search(output.text, std::regex(R"(NPU ID +: 2\n)"))) << output.text;
}

TEST(NpuSmiTest, BoardIsKeysAndValues) {
  const Output output = Smi(kMixed, "info -t board -i 1 -c 0");
  EXPECT_EQ(output.status, 0);
  EXPECT_TRUE(std::regex_search(output.text, std::regex(R"(Chip Name +: 310P3\n)"))) << output.text;
  EXPECT_EQ(Smi(kMixed, "info -t board -i 2").status, 1);
  EXPECT_EQ(Smi(kMixed, "info -t board -i 1 -c 3").status, 1);
}

TEST(NpuSmiTest, ProfileNamesTheChip) {
  const Output output = Smi("HOSTACL_PROFILE=hostacl/profiles/910b4-internvit-6b.json", "info");
  EXPECT_NE(output.text.find("910B4 "), std::string::npos) << output.text;
  EXPECT_NE(output.text.find("/ 32768"), std::string::npos) << output.text;
}

TEST(NpuSmiTest, WhatItDoesNotKnowItRefuses) {
  EXPECT_EQ(Smi("", "").status, 1);
  EXPECT_EQ(Smi("", "watch").status, 1);
  EXPECT_EQ(Smi("", "info -x").status, 1);
  const Output output = Smi("HOSTACL_SOC=a,b,c", "info");
  EXPECT_EQ(output.status, 1);
  EXPECT_NE(output.text.find("HOSTACL_SOC"), std::string::npos) << output.text;
}

TEST(NpuSmiTest, DetectionReadsTheTable) {
  const std::string detect = std::string("deploy/soc_version.sh ") + OMSERVE_NPU_SMI;
  for (const char* chip : {"910B3", "310P3", "910_9391", "310B1"}) {
    const Output output = RunShell("HOSTACL_SOC=Ascend" + std::string(chip), detect);
    EXPECT_EQ(output.status, 0);
    EXPECT_EQ(output.text, "Ascend" + std::string(chip) + "\n");
  }
  EXPECT_EQ(RunShell("", "deploy/soc_version.sh /bin/true").status, 1);
  EXPECT_NE(RunShell("", "deploy/soc_version.sh /nonexistent").status, 0);
}

}  // namespace
