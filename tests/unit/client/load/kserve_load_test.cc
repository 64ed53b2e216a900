// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Loads of a server that speaks KServe v2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "client/load/kserve_request.h"
#include "client/load/load_channels.h"
#include "client/load/load_run.h"
#include "tests/unit/client/load/fake_infer.h"

namespace omserve::client {
namespace {

using ::testing::HasSubstr;

ClassSpec Echo() {
  ClassSpec spec;
  spec.name = "echo";
  spec.method = ClassSpec::Method::kInfer;
  spec.model = "echo";
  spec.inputs = {{.name = "INPUT0", .datatype = "FP32", .shape = {1, 8}, .texts = {}}};
  return spec;
}

LoadOptions Few(const FakeInfer& fake) {
  LoadOptions options;
  options.server = fake.address();
  options.in_flight = 2;
  options.requests = 20;
  return options;
}

absl::StatusOr<LoadResult> Load(const LoadOptions& options, const ClassSpec& spec) {
  auto classes = MakeClasses({spec});
  if (!classes.ok()) return classes.status();
  return RunLoad(options, *std::move(classes));
}

TEST(KserveLoadTest, SendsTensorsAndReadsTimes) {
  FakeInfer fake;
  ClassSpec spec = Echo();
  spec.budget = absl::Milliseconds(250);
  auto result = Load(Few(fake), spec);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->all.ok, 20);
  EXPECT_TRUE(result->all.stages.stages().empty()) << "not asked for";
  const inference::ModelInferRequest sent = fake.last();
  ASSERT_EQ(sent.inputs_size(), 1);
  EXPECT_EQ(sent.inputs(0).name(), "INPUT0");
  EXPECT_EQ(sent.raw_input_contents(0).size(), 32U);
  EXPECT_EQ(sent.parameters().at("timeout").int64_param(), 250'000);

  spec.server_times = true;
  result = Load(Few(fake), spec);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->all.stages.stages().size(), 1U);
  EXPECT_EQ(result->all.stages.stages()[0].name, "echo");
  EXPECT_EQ(result->all.stages.stages()[0].queue.max_ms(), 1);
  EXPECT_EQ(result->all.server.max_ms(), 3);
}

TEST(KserveLoadTest, DerivesTheInputsFromTheServer) {
  FakeInfer fake;
  ClassSpec spec = Echo();
  spec.inputs.clear();
  const LoadChannels channels = OpenChannels(fake.address(), 1);
  ASSERT_TRUE(DeriveInputs(channels.front(), {}, &spec).ok());
  ASSERT_EQ(spec.inputs.size(), 1U);
  EXPECT_EQ(spec.inputs[0].shape, (std::vector<int64_t>{1, 16})) << "an open side is 1";
  EXPECT_TRUE(Load(Few(fake), spec).ok());
  spec.inputs.clear();
  spec.model = "other";
  EXPECT_EQ(DeriveInputs(channels.front(), {}, &spec).code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(KserveBodies(spec).ok()) << "no inputs";
}

TEST(KserveLoadTest, PromptsComeByTurns) {
  ClassSpec spec = Echo();
  spec.inputs = {{.name = "text", .datatype = "BYTES", .shape = {1}, .texts = {"a", "b", "c"}}};
  EXPECT_EQ(KserveBodies(spec)->size(), 3U);
}

TEST(KserveLoadTest, DoesNotBeginWithoutTheModel) {
  FakeInfer fake;
  ClassSpec spec = Echo();
  spec.model = "other";
  const auto result = Load(Few(fake), spec);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("other"));
}

TEST(KserveLoadTest, ComparesAnswersWithGoldenOnes) {
  FakeInfer fake;
  const auto folder = std::filesystem::temp_directory_path() / "omserve_golden_test";
  std::filesystem::remove_all(folder);
  LoadOptions options = Few(fake);
  options.check = 1;
  options.golden = folder.string();
  auto result = Load(options, Echo());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->all.checked, 20);
  EXPECT_EQ(result->all.wrong, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "echo-0.answer"));

  fake.Shift(1e-5F);  // as another batch may round
  EXPECT_EQ(Load(options, Echo())->all.wrong, 0);
  fake.Shift(0.5F);
  result = Load(options, Echo());
  EXPECT_EQ(result->all.wrong, 20);
  EXPECT_EQ(result->all.ok, 20);
  EXPECT_EQ(result->all.in_time, 0) << "a wrong answer is no use, however early";

  options.golden.clear();  // asked for anew
  options.check = 0.5;
  result = Load(options, Echo());
  EXPECT_EQ(result->all.wrong, 0);
  EXPECT_GT(result->all.checked, 2);
  EXPECT_LT(result->all.checked, 18);
  std::filesystem::remove_all(folder);
}

TEST(KserveLoadTest, ReadsNoTimesFromWhatHasNone) {
  v1::Timing timing;
  EXPECT_FALSE(ReadKserveTiming(grpc::ByteBuffer(), &timing));
  const grpc::Slice nonsense("\xff\xff\xff");
  EXPECT_FALSE(ReadKserveTiming(grpc::ByteBuffer(&nonsense, 1), &timing));
}

}  // namespace
}  // namespace omserve::client
