// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "tiny_onnx.h"

namespace hostacl::testing {
namespace {

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

int RunCommand(const std::string& command, std::string* output) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return -1;
  output->clear();
  char part[512];
  while (fgets(part, sizeof part, pipe) != nullptr) *output += part;
  return pclose(pipe);
}

TEST(ReadmeTest, ShowsTheProgramThatIsBuilt) {
  const std::string readme = TextOf(std::string(OMSERVE_HOSTACL) + "/README.md");
  std::string program = TextOf(std::string(OMSERVE_HOSTACL) + "/examples/first_program.c");
  const size_t head = program.find("// usage");
  ASSERT_NE(head, std::string::npos);
  EXPECT_NE(readme.find("```c\n" + program.substr(head) + "```"), std::string::npos)
      << "copy examples/first_program.c into README.md";
}

TEST(ReadmeTest, CommandsCompileAndRun) {
  const std::string stem = ::testing::TempDir() + "/readme_" + std::to_string(getpid());
  std::ofstream(stem + ".onnx", std::ios::binary) << LinearOnnx(1, 4, 2, 1);
  std::string output;
  const std::string atc = std::string(OMSERVE_ATC) + " --framework=5 --model=" + stem +
                          ".onnx --output=" + stem + " --soc_version=Ascend310P3 2>&1";
  ASSERT_EQ(RunCommand(atc, &output), 0) << output;
  ASSERT_EQ(RunCommand(std::string(OMSERVE_FIRST_PROGRAM) + " " + stem + ".om", &output), 0)
      << output;
  EXPECT_EQ(output, "1\n3\n5\n7\n");
  // A file that is no model ends with the call and the reason.
  EXPECT_NE(RunCommand(std::string(OMSERVE_FIRST_PROGRAM) + " " + stem + ".onnx 2>&1", &output), 0);
  EXPECT_NE(output.find("error 145006"), std::string::npos) << output;
  std::remove((stem + ".onnx").c_str());
  std::remove((stem + ".om").c_str());
}

}  // namespace
}  // namespace hostacl::testing
