// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/infer_message.h"

#include <array>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/service/kserve/slice_reader.h"

namespace omserve::kserve {
namespace {

// Field numbers of ModelInferRequest.
constexpr uint64_t kParameters = 4;
constexpr uint64_t kInputs = 5;
constexpr uint64_t kOutputs = 6;
constexpr uint64_t kRaw = 7;

constexpr size_t kUsualHeadBytes = 256;

// https://protobuf.dev/programming-guides/encoding/
enum WireType : uint64_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };

absl::Status NotAMessage() {
  return absl::InvalidArgumentError("the request is not a ModelInferRequest");
}

const char* NameOf(uint64_t field) {
  if (field == kParameters) return "parameters";
  if (field == kInputs) return "inputs";
  return field == kOutputs ? "outputs" : "raw_input_contents";
}

// Splits the message into its raw contents and the rest, which is copied.
absl::Status Split(SliceReader& reader, std::string& head, std::vector<RawContents>& raw) {
  std::array<int, 8> entries{};
  while (!reader.at_end()) {
    uint64_t tag = 0;
    uint64_t value = 0;
    if (!reader.ReadVarint(tag)) return NotAMessage();
    const uint64_t field = tag >> 3;
    const uint64_t type = tag & 7;
    if (field >= kParameters && field <= kRaw && ++entries[field] > InferMessage::kMostEntries) {
      return absl::InvalidArgumentError(
          absl::StrCat(NameOf(field), ": more than ", InferMessage::kMostEntries, " entries"));
    }
    size_t bytes = 0;
    if (type == kVarint) {
      if (!reader.ReadVarint(value)) return NotAMessage();
      AppendVarint(tag, head);
      AppendVarint(value, head);
    } else if (type == kLengthDelimited) {
      if (!reader.ReadVarint(value) || value > reader.left()) return NotAMessage();
      bytes = static_cast<size_t>(value);
      if (field == kRaw) {
        raw.emplace_back();
        reader.Take(bytes, [&](std::string_view piece) { raw.back().Add(piece); });
        continue;
      }
      AppendVarint(tag, head);
      AppendVarint(value, head);
    } else if (type == kFixed64 || type == kFixed32) {
      bytes = type == kFixed64 ? 8 : 4;
      if (bytes > reader.left()) return NotAMessage();
      AppendVarint(tag, head);
    } else {
      return NotAMessage();  // groups, which no version of the protocol has, and no type at all
    }
    if (head.size() + bytes > InferMessage::kMostHeadBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("the request without its raw_input_contents is larger than ",
                       InferMessage::kMostHeadBytes >> 20, " MiB; send tensors as raw contents"));
    }
    reader.Take(bytes, [&](std::string_view piece) { head += piece; });
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<InferMessage> InferMessage::Parse(const grpc::ByteBuffer& buffer) {
  InferMessage message;
  if (!buffer.Valid() || !buffer.Dump(&message.slices_).ok()) return NotAMessage();
  SliceReader reader(message.slices_);
  std::string head;
  head.reserve(kUsualHeadBytes);
  OMSERVE_RETURN_IF_ERROR(Split(reader, head, message.raw_));
  if (!message.head_->request->ParseFromString(head)) return NotAMessage();
  return message;
}

}  // namespace omserve::kserve
