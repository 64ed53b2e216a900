// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>

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

const uint8_t* Bytes(const float* values) { return reinterpret_cast<const uint8_t*>(values); }
uint8_t* Bytes(float* values) { return reinterpret_cast<uint8_t*>(values); }

TimePoint Deadline() { return Clock::now() + std::chrono::seconds(60); }

TEST(EngineTest, LoadsWithTheSameWeightMemoryShareIt) {
  const OmModel om = Decode({});
  const auto first = Obtain(om, 0, &kWeights[0], false);
  EXPECT_EQ(Obtain(om, 0, &kWeights[0], false), first);
  EXPECT_NE(Obtain(om, 0, &kWeights[1], false), first);
  EXPECT_NE(Obtain(om, 1, &kWeights[0], false), first);
  EXPECT_NE(Obtain(Decode({.scale = 3}), 0, &kWeights[0], false), first);
}

// y0 = x1 and y1 = x0, by a node and without one.
OmModel Crossed() {
  OmModel om;
  om.name = "crossed";
  om.soc = "Ascend310P3";
  om.precision = Precision::kOrigin;
  om.static_batch = 1;
  om.inputs = {{.name = "x0", .dims = {1, 4}}, {.name = "x1", .dims = {1, 4}}};
  om.outputs = {{.name = "y0", .dims = {1, 4}}, {.name = "y1", .dims = {1, 4}}};
  om.work_size = 1024;
  om.graph = testing::OnnxFile(testing::ProtoWriter()
                                   .Bytes(1, testing::OnnxNode("Identity", {"x1"}, "y0"))
                                   .Bytes(1, testing::OnnxNode("Identity", {"x0"}, "y1"))
                                   .Bytes(2, "crossed")
                                   .Bytes(11, testing::OnnxTensor("x0", {1, 4}))
                                   .Bytes(11, testing::OnnxTensor("x1", {1, 4}))
                                   .Bytes(12, testing::OnnxTensor("y0", {1, 4}))
                                   .Bytes(12, testing::OnnxTensor("y1", {1, 4})));
  return om;
}

TEST(EngineTest, WhatAGraphOnlyPassesOnIsCopiedAlsoWhereItOverlaps) {
  const OmModel om = Crossed();
  Session session(&om, Obtain(om, 0, nullptr, false));
  alignas(64) std::array<std::array<float, 4>, 2> x = {{{1, 2, 3, 4}, {5, 6, 7, 8}}};
  std::array<std::array<float, 4>, 2> y = {};
  const std::vector<const uint8_t*> in = {Bytes(x[0].data()), Bytes(x[1].data())};
  std::string problem;
  ASSERT_TRUE(session.Run(0, in, {Bytes(y[0].data()), Bytes(y[1].data())}, &problem)) << problem;
  EXPECT_EQ(y[0], x[1]);
  EXPECT_EQ(y[1], x[0]);
  // Each result where the other's source lies.
  ASSERT_TRUE(session.Run(0, in, {Bytes(x[0].data()), Bytes(x[1].data())}, &problem)) << problem;
  EXPECT_EQ(x, y);
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
  std::vector<float> y(8);
  std::string problem;
  ASSERT_TRUE(session.Run(1, {Bytes(x.data())}, {Bytes(y.data())}, &problem)) << problem;
  EXPECT_EQ(engine->compiled_gears(), 1u);
  EXPECT_EQ(y, (std::vector<float>{3, 5, 7, 9, 11, 13, 15, 17}));
}

// Memory that a graph can use itself, and what lies behind it.
struct Block {
  alignas(64) std::array<float, 16> values = {};
  std::array<float, 16> behind = {};

  explicit Block(float first) {
    for (size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<float>(i);
  }
};

// The values of `x`, each times `scale` plus `offset`.
std::array<float, 16> Linear(const Block& x, float scale, float offset) {
  std::array<float, 16> result = x.values;
  for (float& value : result) value = value * scale + offset;
  return result;
}

void RunOnce(Session* session, const float* from, float* to) {
  std::string problem;
  EXPECT_TRUE(session->Run(0, {Bytes(from)}, {Bytes(to)}, &problem)) << problem;
}

TEST(SessionTest, EachRunUsesTheMemoryOfItsCall) {
  const OmModel om = Decode({.static_batch = 4});
  const auto engine = Obtain(om, 0, nullptr, false);
  Session first(&om, engine);
  Session second(&om, engine);  // both compute on one graph
  const Block x(1);
  const Block other(100);
  Block y(0);
  Block z(0);
  RunOnce(&first, x.values.data(), y.values.data());
  RunOnce(&second, other.values.data(), z.values.data());
  EXPECT_EQ(y.values, Linear(x, 2, 1));
  EXPECT_EQ(z.values, Linear(other, 2, 1));
  RunOnce(&first, other.values.data(), y.values.data());
  RunOnce(&second, x.values.data(), z.values.data());
  EXPECT_EQ(y.values, Linear(other, 2, 1));
  EXPECT_EQ(z.values, Linear(x, 2, 1));
  RunOnce(&second, x.values.data(), y.values.data());
  EXPECT_EQ(y.values, z.values);
  EXPECT_EQ(x.values, Block(1).values);
  EXPECT_EQ(y.behind, Block(0).behind);
}

TEST(SessionTest, AnOutputMayLieWhereItsInputLies) {
  const OmModel om = Decode({.static_batch = 4});
  Session session(&om, Obtain(om, 0, nullptr, false));
  Block x(1);
  const Block before = x;
  RunOnce(&session, x.values.data(), x.values.data());
  EXPECT_EQ(x.values, Linear(before, 2, 1));
  Block y(0);
  RunOnce(&session, before.values.data(), y.values.data());
  EXPECT_EQ(y.values, x.values);
}

TEST(SessionTest, MemoryNeedsNoAlignment) {
  const OmModel om = Decode({.static_batch = 4});
  const auto engine = Obtain(om, 0, nullptr, false);
  Session session(&om, engine);
  Session fresh(&om, engine);
  const Block x(1);
  const Block other(50);
  Block y(0);
  std::array<float, 17> from = {};
  std::copy(other.values.begin(), other.values.end(), from.begin() + 1);
  for (Session* second : {&session, &fresh}) {
    alignas(64) std::array<float, 17> to = {};
    RunOnce(&session, x.values.data(), y.values.data());
    RunOnce(second, from.data() + 1, to.data() + 1);
    const std::array<float, 16> expected = Linear(other, 2, 1);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), to.begin() + 1));
    EXPECT_EQ(to[0], 0);
    EXPECT_EQ(y.values, Linear(x, 2, 1));
  }
}

TEST(SessionTest, RoundingLeavesTheInputAsItIs) {
  const OmModel om = Decode({.static_batch = 4, .offset = 0.0009765625f, .half_precision = true});
  Session session(&om, Obtain(om, 0, nullptr, false));
  Block x(1);
  x.values[0] = 1.0001f;  // 1 in fp16; 2 + 2^-10 is 2 in fp16
  const Block before = x;
  Block y(0);
  RunOnce(&session, x.values.data(), y.values.data());
  EXPECT_EQ(x.values, before.values);
  EXPECT_EQ(y.values[0], 2);
  EXPECT_EQ(y.values[1], 4);
}

TEST(SessionTest, AGraphThatDoesNothingCopies) {
  OmModel om = Decode({.static_batch = 4});
  om.graph = testing::OnnxFile(testing::ProtoWriter()
                                   .Bytes(1, testing::OnnxNode("Identity", {"x"}, "y"))
                                   .Bytes(2, "empty")
                                   .Bytes(11, testing::OnnxTensor("x", {4, 4}))
                                   .Bytes(12, testing::OnnxTensor("y", {4, 4})));
  Session session(&om, Obtain(om, 0, &kWeights[1], false));
  Block y(0);
  for (const float first : {1.0f, 50.0f}) {
    const Block x(first);
    RunOnce(&session, x.values.data(), y.values.data());
    EXPECT_EQ(y.values, x.values);
  }
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
