// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/infer_message.h"

#include <random>
#include <string>

#include "gtest/gtest.h"
#include "server/service/kserve/slice_reader.h"

namespace omserve::kserve {
namespace {

grpc::ByteBuffer Buffer(const std::string& bytes, size_t piece = std::string::npos) {
  std::vector<grpc::Slice> slices;
  for (size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size())) {
    slices.emplace_back(bytes.substr(at, piece));
  }
  if (slices.empty()) slices.emplace_back("");
  return grpc::ByteBuffer(slices.data(), slices.size());
}

inference::ModelInferRequest Sample() {
  inference::ModelInferRequest request;
  request.set_model_name("m.s");
  request.set_id("7");
  (*request.mutable_parameters())["timeout"].set_int64_param(5);
  auto& input = *request.add_inputs();
  input.set_name("x");
  input.add_shape(2);
  request.add_raw_input_contents("first");
  request.add_outputs()->set_name("y");
  request.add_raw_input_contents(std::string(100000, 'b'));
  request.add_raw_input_contents("");
  return request;
}

std::string Text(const RawContents& raw) {
  std::string scratch;
  return std::string(raw.Flat(scratch));
}

TEST(InferMessageTest, LeavesRawContentsWhereTheyAre) {
  const std::string bytes = Sample().SerializeAsString();
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{4096}, bytes.size()}) {
    const auto message = InferMessage::Parse(Buffer(bytes, piece));
    ASSERT_TRUE(message.ok()) << message.status();
    inference::ModelInferRequest head = Sample();
    head.clear_raw_input_contents();
    EXPECT_EQ(message->head().SerializeAsString().size(), head.SerializeAsString().size());
    EXPECT_EQ(message->head().id(), "7");
    ASSERT_EQ(message->raw().size(), 3u);
    EXPECT_EQ(Text(message->raw()[0]), "first");
    EXPECT_EQ(Text(message->raw()[1]), std::string(100000, 'b'));
    EXPECT_EQ(message->raw()[2].size(), 0u);
    std::string copy(message->raw()[1].size(), ' ');
    message->raw()[1].CopyTo(reinterpret_cast<std::byte*>(copy.data()));
    EXPECT_EQ(copy, std::string(100000, 'b'));
  }
}

TEST(InferMessageTest, TakesAnEmptyMessage) {
  const auto message = InferMessage::Parse(Buffer(""));
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->head().model_name(), "");
}

// Reference: serving.md, defect class 5.
TEST(InferMessageTest, Class5ManyOutputsAreRefusedBeforeTheyAreMade) {
  std::string bytes;
  for (int i = 0; i < 1'000'000; ++i) bytes += std::string("\x32\x00", 2);  // outputs {}
  const auto message = InferMessage::Parse(Buffer(bytes));
  EXPECT_EQ(message.status().message(), "outputs: more than 256 entries");
  std::string raw;
  for (int i = 0; i < 300; ++i) raw += std::string("\x3A\x00", 2);  // raw_input_contents ""
  EXPECT_EQ(InferMessage::Parse(Buffer(raw)).status().message(),
            "raw_input_contents: more than 256 entries");
}

TEST(InferMessageTest, Class6AHeadThatIsTooLargeIsRefused) {
  inference::ModelInferRequest request;
  request.add_inputs()->mutable_contents()->mutable_fp32_contents()->Resize(2 << 20, 1.0F);
  EXPECT_EQ(InferMessage::Parse(Buffer(request.SerializeAsString())).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(InferMessageTest, Class8NestingIsBoundedAndGroupsAreRefused) {
  std::string groups;
  for (int i = 0; i < 100000; ++i) groups += "\x0B";  // start of group 1, again and again
  EXPECT_FALSE(InferMessage::Parse(Buffer(groups)).ok());
  std::string inside;  // the same, inside an input
  AppendVarint((5 << 3) | 2, inside);
  AppendVarint(groups.size(), inside);
  EXPECT_FALSE(InferMessage::Parse(Buffer(inside + groups)).ok());
}

TEST(InferMessageTest, Class17LengthsThatLieAreRefused) {
  for (const std::string& bytes :
       {std::string("\x3A\x7F", 2),                                       // raw of 127 bytes
        std::string("\x3A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11),  // of 2^64 - 1
        std::string("\x3A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 11),  // no varint
        std::string("\x3A"), std::string("\x0A\x05xx"), std::string("\x09\x01", 2),
        std::string("\x07", 1), std::string("\x80", 1)}) {
    EXPECT_EQ(InferMessage::Parse(Buffer(bytes)).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

// Structured: whole messages with some bytes turned over, in pieces of any size.
TEST(InferMessageTest, Class21ChangedBytesNeverHurt) {
  inference::ModelInferRequest small = Sample();
  *small.mutable_raw_input_contents(1) = "second";
  const std::string good = small.SerializeAsString();
  std::mt19937 random(7);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good;
    for (int change = 0; change < 1 + i % 4; ++change) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const auto message = InferMessage::Parse(Buffer(bytes, 1 + random() % 9));
    if (!message.ok()) {
      ++refused;
      continue;
    }
    size_t raw = 0;
    for (const RawContents& contents : message->raw()) raw += contents.size();
    EXPECT_LE(raw, bytes.size());
  }
  EXPECT_GT(refused, 100);
  EXPECT_LT(refused, 20000);
}

}  // namespace
}  // namespace omserve::kserve
