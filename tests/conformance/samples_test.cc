// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Runs the programs under samples/ and compares what they print with numbers computed here.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "model_files.h"
#include "places.h"

namespace conformance {
namespace {

struct Outcome {
  int status = -1;
  std::vector<std::string> lines;
};

// What a sample prints; what it complains of goes to a file, beside notices of the engine and of
// the sanitizers, which are no concern of this test.
Outcome RunSample(const std::string& name, const std::string& arguments) {
  const std::string complaints = WriteTemporary(name + "_stderr.txt", "");
  const std::string command = "timeout 100 " + ProgramFolder() + "/samples/sample_" + name + " " +
                              arguments + " 2>" + complaints;
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  char line[4096];
  while (std::fgets(line, sizeof line, pipe) != nullptr) outcome.lines.emplace_back(line);
  outcome.status = pclose(pipe);
  std::ifstream file(complaints);
  for (std::string text; std::getline(file, text);) {
    EXPECT_TRUE(text.starts_with("hwloc/") || text.find("failed") == std::string::npos) << text;
    if (outcome.status != 0) ADD_FAILURE() << text;
  }
  EXPECT_EQ(outcome.status, 0) << command;
  return outcome;
}

std::vector<float> Numbers(const std::string& line) {
  std::istringstream text(line);
  std::vector<float> values;
  for (float value = 0; text >> value;) values.push_back(value);
  return values;
}

template <typename T>
std::string InputFile(const std::string& name, const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return WriteTemporary(name, bytes);
}

// What y = 2x + 1 gives for the first `count` values; all are exact in fp16.
std::vector<float> Linear(const std::vector<float>& x, size_t count) {
  std::vector<float> y;
  for (size_t i = 0; i < count; ++i) y.push_back(x[i] * 2 + 1);
  return y;
}

std::vector<float> Ramp(size_t count) {
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i) * 0.5f - 3.0f);
  return values;
}

TEST(Samples, SynchronousClassification) {
  const std::vector<float> first = {0.5f, -1, 4, 2};
  const std::vector<float> second = {7, 8, 9, -10};
  const Outcome outcome =
      RunSample("classify_sync", ModelPath("linear") + " " + InputFile("a.bin", first) + " " +
                                     InputFile("b.bin", second));
  ASSERT_EQ(outcome.lines.size(), 2u);
  EXPECT_EQ(Numbers(outcome.lines[0]), Linear(first, 4));
  EXPECT_EQ(Numbers(outcome.lines[1]), Linear(second, 4));
}

TEST(Samples, AsynchronousClassificationWithCallbacksAndAPool) {
  const std::vector<float> x = {0.5f, -1, 4, 2};
  const Outcome outcome =
      RunSample("classify_async", ModelPath("linear") + " " + InputFile("a.bin", x) + " 9");
  ASSERT_EQ(outcome.lines.size(), 9u);
  for (const std::string& line : outcome.lines) EXPECT_EQ(Numbers(line), Linear(x, 4));
}

TEST(Samples, DynamicBatch) {
  const std::vector<float> x = Ramp(16);
  const Outcome outcome =
      RunSample("dynamic_batch", ModelPath("batches") + " " + InputFile("batch.bin", x));
  ASSERT_EQ(outcome.lines.size(), 3u);
  for (const std::string& line : outcome.lines) {
    const std::vector<float> y = Numbers(line);
    EXPECT_TRUE(y.size() == 4 || y.size() == 8 || y.size() == 16) << line;
    EXPECT_EQ(y, Linear(x, y.size()));
  }
}

TEST(Samples, DynamicImageSize) {
  const std::vector<float> x = Ramp(16);
  const Outcome outcome =
      RunSample("dynamic_image_size", ModelPath("sizes") + " " + InputFile("image.bin", x));
  ASSERT_EQ(outcome.lines.size(), 2u);
  for (const std::string& line : outcome.lines) {
    const std::vector<float> y = Numbers(line);
    EXPECT_TRUE(y.size() == 4 || y.size() == 16) << line;
    EXPECT_EQ(y, Linear(x, y.size()));
  }
}

TEST(Samples, DynamicDims) {
  const std::vector<float> x = Ramp(16);
  const Outcome outcome =
      RunSample("dynamic_dims", ModelPath("dims") + " " + InputFile("dims.bin", x));
  ASSERT_EQ(outcome.lines.size(), 2u);
  for (const std::string& line : outcome.lines) {
    const std::vector<float> y = Numbers(line);
    EXPECT_TRUE(y.size() == 4 || y.size() == 16) << line;
    EXPECT_EQ(y, Linear(x, y.size()));
  }
}

TEST(Samples, StaticAipp) {
  // 4 x 4 pixels of red, green, blue, one byte each; the network sees byte / 2 in planes.
  std::vector<unsigned char> pixels;
  for (unsigned i = 0; i < 48; ++i) pixels.push_back(static_cast<unsigned char>(i * 5));
  const Outcome outcome =
      RunSample("static_aipp", ModelPath("aipp") + " " + InputFile("pixels.bin", pixels));
  ASSERT_EQ(outcome.lines.size(), 3u);
  EXPECT_EQ(outcome.lines[0], "shape 1 4 4 3\n");
  EXPECT_EQ(outcome.lines[1], "type 4 bytes 48\n");
  std::vector<float> expected;
  for (size_t channel = 0; channel < 3; ++channel) {
    for (size_t pixel = 0; pixel < 16; ++pixel) {
      expected.push_back(static_cast<float>(pixels[pixel * 3 + channel]) / 2 * 2 + 1);
    }
  }
  EXPECT_EQ(Numbers(outcome.lines[2]), expected);
}

}  // namespace
}  // namespace conformance
