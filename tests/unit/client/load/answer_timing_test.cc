// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/answer_timing.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace omserve::client {
namespace {

// The bytes as gRPC hands them over, in slices of so many bytes.
grpc::ByteBuffer Buffer(const std::string& bytes, size_t slice_size) {
  std::vector<grpc::Slice> slices;
  for (size_t i = 0; i < bytes.size(); i += slice_size) {
    slices.emplace_back(bytes.substr(i, slice_size));
  }
  return grpc::ByteBuffer(slices.data(), slices.size());
}

v1::EmbedResponse Answer() {
  v1::EmbedResponse answer;
  answer.set_model("m");
  answer.mutable_timing()->mutable_received()->set_seconds(12);
  answer.mutable_timing()->add_stages()->set_stage("a");
  answer.mutable_timing()->add_stages()->set_stage("b");
  for (int i = 0; i < 1000; ++i) {
    answer.add_features(1.5F);
  }
  answer.add_top()->set_label(3);
  return answer;
}

TEST(AnswerTimingTest, FindsTheTimingAmongOtherFields) {
  const std::string bytes = Answer().SerializeAsString();
  for (const size_t slice_size : {bytes.size(), size_t{1000}, size_t{7}, size_t{1}}) {
    v1::Timing timing;
    timing.add_stages()->set_stage("of the answer before");
    ASSERT_TRUE(
        ReadTiming(Buffer(bytes, slice_size), v1::EmbedResponse::kTimingFieldNumber, &timing));
    EXPECT_EQ(timing.SerializeAsString(), Answer().timing().SerializeAsString()) << slice_size;
  }
}

TEST(AnswerTimingTest, FindsItInDetectionsToo) {
  v1::DetectResponse answer;
  answer.add_detections()->mutable_mask()->set_png(std::string(5000, 'x'));
  answer.mutable_timing()->add_stages()->set_stage("backbone");
  v1::Timing timing;
  ASSERT_TRUE(ReadTiming(Buffer(answer.SerializeAsString(), 4096),
                         v1::DetectResponse::kTimingFieldNumber, &timing));
  EXPECT_EQ(timing.stages(0).stage(), "backbone");
}

TEST(AnswerTimingTest, SaysWhenThereIsNone) {
  v1::EmbedResponse answer = Answer();
  answer.clear_timing();
  const int field = v1::EmbedResponse::kTimingFieldNumber;
  v1::Timing timing;
  EXPECT_FALSE(ReadTiming(Buffer(answer.SerializeAsString(), 100), field, &timing));
  EXPECT_FALSE(ReadTiming(grpc::ByteBuffer(), field, &timing));
  EXPECT_FALSE(ReadTiming(Buffer("", 1), field, &timing));
}

TEST(AnswerTimingTest, SurvivesBrokenBytes) {
  const int field = v1::EmbedResponse::kTimingFieldNumber;
  v1::EmbedResponse answer;
  answer.set_model("m");
  answer.mutable_timing()->add_stages()->set_stage("abcdef");
  const std::string whole = answer.SerializeAsString();
  v1::Timing timing;
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(ReadTiming(Buffer(whole.substr(0, length), 5), field, &timing)) << length;
  }
  EXPECT_FALSE(ReadTiming(Buffer("\xff\xff\xff\xff\xff\xff", 3), field, &timing));
  EXPECT_FALSE(ReadTiming(Buffer("\x32\xff\xff\xff\xff\x7f", 3), field, &timing));
}

}  // namespace
}  // namespace omserve::client
