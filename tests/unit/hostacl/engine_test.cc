// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>

#include "om_file.h"
#include "tiny_onnx.h"

namespace hostacl {
namespace {

constexpr int kWeights[2] = {};  // two addresses that weights might have

OmModel Decode(const testing::LinearOptions& options) {
  OmModel om;
  EXPECT_EQ(DecodeOm(testing::LinearOm(options), /*with_graph=*/true, &om).code, ACL_SUCCESS);
  return om;
}

std::shared_ptr<Engine> Obtain(const OmModel& om, int device, const void* weight, bool lazy) {
  std::string problem;
  auto engine = Engine::Obtain(om, device, weight, lazy, &problem);
  EXPECT_NE(engine, nullptr) << problem;
  return engine;
}

TimePoint Deadline() { return Clock::now() + std::chrono::seconds(60); }

TEST(EngineTest, LoadsWithTheSameWeightMemoryShareIt) {
  const OmModel om = Decode({});
  const auto first = Obtain(om, 0, &kWeights[0], false);
  EXPECT_EQ(Obtain(om, 0, &kWeights[0], false), first);
  EXPECT_NE(Obtain(om, 0, &kWeights[1], false), first);
  EXPECT_NE(Obtain(om, 1, &kWeights[0], false), first);
  EXPECT_NE(Obtain(Decode({.scale = 3}), 0, &kWeights[0], false), first);
}

TEST(EngineTest, OtherGearsAreCompiledInTheBackground) {
  const OmModel om = Decode({.gears = {1, 2, 4}});
  const auto engine = Obtain(om, 0, nullptr, false);
  EXPECT_GE(engine->compiled_gears(), 1u);
  EXPECT_TRUE(engine->WaitForGears(Deadline()));
  EXPECT_EQ(engine->compiled_gears(), 3u);
}

TEST(EngineTest, AnEngineEndsWhileItsBackgroundWorks) {
  const OmModel om = Decode({.gears = {1, 2, 3, 4, 5, 6, 7, 8}});
  Obtain(om, 0, nullptr, false).reset();
  const auto again = Obtain(om, 0, nullptr, false);  // and the next one is whole
  EXPECT_TRUE(again->WaitForGears(Deadline()));
}

TEST(EngineTest, LazyGearsAreCompiledAtTheirFirstUse) {
  const OmModel om = Decode({.gears = {1, 2, 4}});
  const auto engine = Obtain(om, 0, nullptr, true);
  EXPECT_EQ(engine->compiled_gears(), 0u);
  EXPECT_FALSE(engine->WaitForGears(Clock::now()));
  Session session(&om, engine);
  const std::vector<float> x = {1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<std::vector<uint8_t>> outputs;
  std::string problem;
  ASSERT_TRUE(session.Run(1, {reinterpret_cast<const uint8_t*>(x.data())}, &outputs, &problem))
      << problem;
  EXPECT_EQ(engine->compiled_gears(), 1u);
  std::vector<float> y(8);
  ASSERT_EQ(outputs.at(0).size(), 32u);
  std::memcpy(y.data(), outputs[0].data(), 32);
  EXPECT_EQ(y, (std::vector<float>{3, 5, 7, 9, 11, 13, 15, 17}));
}

TEST(EngineTest, GraphsThatCannotBeReadAreRefused) {
  const OmModel good = Decode({});
  std::string problem;
  OmModel cut = good;
  cut.graph = good.graph.substr(0, good.graph.size() / 2);
  EXPECT_EQ(Engine::Obtain(cut, 0, &kWeights[1], false, &problem), nullptr);
  EXPECT_FALSE(problem.empty());
  problem.clear();
  OmModel text = good;
  text.graph = "<net name=\"x\" version=\"11\"><layers></net>";
  EXPECT_EQ(Engine::Obtain(text, 0, &kWeights[1], false, &problem), nullptr);
  EXPECT_FALSE(problem.empty());
  OmModel more = good;
  more.inputs.push_back(more.inputs[0]);
  EXPECT_EQ(Engine::Obtain(more, 0, &kWeights[1], false, &problem), nullptr);
  EXPECT_NE(problem.find("other inputs or outputs"), std::string::npos) << problem;
}

}  // namespace
}  // namespace hostacl
