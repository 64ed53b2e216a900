// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/infer_answer.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpc/slice.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace omserve::kserve {
namespace {

using google::protobuf::io::CodedOutputStream;

// Below this, a copy is cheaper than one more piece of the message.
constexpr size_t kCopied = 4096;
// Tags of length-delimited fields: ModelInferResponse.raw_output_contents (6) and
// ModelStreamInferResponse.infer_response (2).
constexpr uint8_t kRawTag = (6 << 3) | 2;
constexpr uint8_t kInferResponseTag = (2 << 3) | 2;
// Of the message without its values, on the stack; more comes from the heap.
constexpr size_t kHeadMemory = 1536;

std::string_view BytesOf(const HostTensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.data()), tensor.bytes()};
}
std::string_view BytesOf(const std::string& text) { return text; }
std::string_view BytesOf(const std::variant<std::string, HostTensor>& values) {
  return std::visit([](const auto& one) { return BytesOf(one); }, values);
}

// A piece of the message that keeps its owner until it was sent.
template <typename Owner>
grpc::Slice Borrow(Owner owner) {
  auto* held = new Owner(std::move(owner));
  const std::string_view bytes = BytesOf(*held);
  return grpc::Slice(
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* kept) { delete static_cast<Owner*>(kept); }, held);
}

uint8_t* AppendTag(uint8_t tag, size_t length, uint8_t* at) {
  *at++ = tag;
  return CodedOutputStream::WriteVarint64ToArray(length, at);
}

size_t TagSize(size_t length) { return 1 + CodedOutputStream::VarintSize64(length); }

}  // namespace

void InferAnswer::set_model(const std::string& pipeline) {
  model_ = stage_.empty() ? pipeline : absl::StrCat(pipeline, ".", stage_);
}

void InferAnswer::Add(std::string name, std::string_view datatype, Shape shape, HostTensor values) {
  outputs_.push_back({std::move(name), datatype, std::move(shape), std::move(values)});
}

void InferAnswer::Add(std::string name, std::string_view datatype, Shape shape,
                      std::string values) {
  outputs_.push_back({std::move(name), datatype, std::move(shape), std::move(values)});
}

void InferAnswer::Keep(const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::vector<Output> kept;
  for (const std::string& name : names) {
    const auto output = std::find_if(outputs_.begin(), outputs_.end(),
                                     [&](const Output& one) { return one.name == name; });
    if (output != outputs_.end()) kept.push_back(std::move(*output));
  }
  outputs_ = std::move(kept);
}

void InferAnswer::SetParameter(std::string name, int64_t value) {
  parameters_.push_back({std::move(name), value});
}
void InferAnswer::SetParameter(std::string name, double value) {
  parameters_.push_back({std::move(name), value});
}
void InferAnswer::SetParameter(std::string name, bool value) {
  parameters_.push_back({std::move(name), value});
}

void InferAnswer::AddTimes() {
  SetParameter("total_us", absl::ToDoubleMicroseconds(times_.total));
  SetParameter("queue_us", absl::ToDoubleMicroseconds(times_.queue));
  SetParameter("compute_input_us", absl::ToDoubleMicroseconds(times_.input));
  SetParameter("compute_infer_us", absl::ToDoubleMicroseconds(times_.infer));
  SetParameter("compute_output_us", absl::ToDoubleMicroseconds(times_.output));
}

const inference::ModelInferResponse& InferAnswer::Head(google::protobuf::Arena& memory) const {
  auto& head = *google::protobuf::Arena::CreateMessage<inference::ModelInferResponse>(&memory);
  head.set_model_name(model_);
  head.set_model_version(version_);
  head.set_id(id_);
  for (const Parameter& parameter : parameters_) {
    auto& to = (*head.mutable_parameters())[parameter.name];
    if (const auto* number = std::get_if<int64_t>(&parameter.value)) to.set_int64_param(*number);
    if (const auto* number = std::get_if<double>(&parameter.value)) to.set_double_param(*number);
    if (const auto* flag = std::get_if<bool>(&parameter.value)) to.set_bool_param(*flag);
  }
  for (const Output& output : outputs_) {
    auto& to = *head.add_outputs();
    to.set_name(output.name);
    to.set_datatype(output.datatype.data(), output.datatype.size());
    to.mutable_shape()->Add(output.shape.begin(), output.shape.end());
  }
  return head;
}

grpc::ByteBuffer InferAnswer::Release(bool in_stream) {
  alignas(std::max_align_t) std::array<char, kHeadMemory> memory;
  google::protobuf::Arena arena(memory.data(), memory.size());
  const inference::ModelInferResponse& head = Head(arena);
  size_t length = head.ByteSizeLong();
  size_t borrowed = 0;
  for (const Output& output : outputs_) {
    const size_t size = BytesOf(output.values).size();
    length += TagSize(size) + size;
    if (size >= kCopied) borrowed += size;
  }
  // What is copied lies in one piece of memory, with what is borrowed in between.
  const grpc::Slice copied(length - borrowed + (in_stream ? TagSize(length) : 0));
  auto* const begin = const_cast<uint8_t*>(copied.begin());  // nobody else has it yet
  uint8_t* at = begin;
  if (in_stream) at = AppendTag(kInferResponseTag, length, at);
  at = head.SerializeWithCachedSizesToArray(at);
  std::vector<grpc::Slice> slices;
  size_t sent = 0;  // of what is copied
  for (Output& output : outputs_) {
    const std::string_view bytes = BytesOf(output.values);
    at = AppendTag(kRawTag, bytes.size(), at);
    if (bytes.size() < kCopied) {
      at = std::copy(bytes.begin(), bytes.end(), at);
      continue;
    }
    const auto end = static_cast<size_t>(at - begin);
    slices.push_back(copied.sub(sent, end));
    sent = end;
    slices.push_back(std::visit([](auto& v) { return Borrow(std::move(v)); }, output.values));
  }
  outputs_.clear();
  if (slices.empty()) return grpc::ByteBuffer(&copied, 1);
  if (sent < copied.size()) slices.push_back(copied.sub(sent, copied.size()));
  return grpc::ByteBuffer(slices.data(), slices.size());
}

grpc::ByteBuffer StreamError(const std::string& text, const std::string& id) {
  inference::ModelStreamInferResponse response;
  response.set_error_message(text);
  response.mutable_infer_response()->set_id(id);
  const grpc::Slice slice(response.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace omserve::kserve
