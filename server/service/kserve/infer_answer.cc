// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/infer_answer.h"

#include <grpc/slice.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "server/service/kserve/slice_reader.h"

namespace omserve::kserve {
namespace {

// Below this, a copy is cheaper than one more piece of the message.
constexpr size_t kCopied = 4096;
constexpr size_t kMostVarint = 11;  // a tag and a number
// Tags of length-delimited fields: ModelInferResponse.raw_output_contents (6) and
// ModelStreamInferResponse.infer_response (2).
constexpr uint64_t kRawTag = (6 << 3) | 2;
constexpr uint64_t kInferResponseTag = (2 << 3) | 2;

std::string_view BytesOf(const HostTensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.data()), tensor.bytes()};
}
std::string_view BytesOf(const std::string& text) { return text; }

// A piece of the message that keeps its owner until it was sent.
template <typename Owner>
grpc::Slice Borrow(Owner owner) {
  auto* held = new Owner(std::move(owner));
  const std::string_view bytes = BytesOf(*held);
  return grpc::Slice(
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* kept) { delete static_cast<Owner*>(kept); }, held);
}

size_t VarintSize(uint64_t value) {
  std::string text;
  AppendVarint(value, text);
  return text.size();
}

}  // namespace

void InferAnswer::set_model(const std::string& pipeline) {
  head_.set_model_name(stage_.empty() ? pipeline : absl::StrCat(pipeline, ".", stage_));
}

inference::ModelInferResponse::InferOutputTensor& InferAnswer::AddOutput(const std::string& name,
                                                                         std::string_view datatype,
                                                                         const Shape& shape) {
  auto& output = *head_.add_outputs();
  output.set_name(name);
  output.set_datatype(std::string(datatype));
  output.mutable_shape()->Add(shape.begin(), shape.end());
  return output;
}

void InferAnswer::Add(const std::string& name, std::string_view datatype, const Shape& shape,
                      HostTensor values) {
  AddOutput(name, datatype, shape);
  values_.emplace_back(std::move(values));
}

void InferAnswer::Add(const std::string& name, std::string_view datatype, const Shape& shape,
                      std::string values) {
  AddOutput(name, datatype, shape);
  values_.emplace_back(std::move(values));
}

void InferAnswer::Keep(const inference::ModelInferRequest& request) {
  if (request.outputs().empty()) return;
  inference::ModelInferResponse kept;
  std::vector<Values> values;
  for (const auto& wanted : request.outputs()) {
    for (int i = 0; i < head_.outputs_size(); ++i) {
      if (head_.outputs(i).name() != wanted.name()) continue;
      values.push_back(std::move(values_[static_cast<size_t>(i)]));
      kept.add_outputs()->Swap(head_.mutable_outputs(i));  // leaves one without a name
    }
  }
  head_.mutable_outputs()->Swap(kept.mutable_outputs());
  values_ = std::move(values);
}

void InferAnswer::SetParameter(const std::string& name, int64_t value) {
  (*head_.mutable_parameters())[name].set_int64_param(value);
}
void InferAnswer::SetParameter(const std::string& name, double value) {
  (*head_.mutable_parameters())[name].set_double_param(value);
}
void InferAnswer::SetParameter(const std::string& name, bool value) {
  (*head_.mutable_parameters())[name].set_bool_param(value);
}

void InferAnswer::AddTimes() {
  SetParameter("total_us", absl::ToDoubleMicroseconds(times_.total));
  SetParameter("queue_us", absl::ToDoubleMicroseconds(times_.queue));
  SetParameter("compute_input_us", absl::ToDoubleMicroseconds(times_.input));
  SetParameter("compute_infer_us", absl::ToDoubleMicroseconds(times_.infer));
  SetParameter("compute_output_us", absl::ToDoubleMicroseconds(times_.output));
}

grpc::ByteBuffer InferAnswer::Release(bool in_stream) {
  size_t length = head_.ByteSizeLong();
  size_t copied = length + 2 * kMostVarint;
  for (const Values& values : values_) {
    const size_t size = std::visit([](const auto& v) { return BytesOf(v).size(); }, values);
    length += 1 + VarintSize(size) + size;
    copied += kMostVarint + (size < kCopied ? size : 0);
  }
  std::string text;
  text.reserve(copied);
  if (in_stream) {
    AppendVarint(kInferResponseTag, text);
    AppendVarint(length, text);
  }
  head_.AppendToString(&text);
  std::vector<grpc::Slice> slices;
  for (Values& values : values_) {
    const std::string_view bytes = std::visit([](const auto& v) { return BytesOf(v); }, values);
    AppendVarint(kRawTag, text);
    AppendVarint(bytes.size(), text);
    if (bytes.size() < kCopied) {
      text += bytes;
      continue;
    }
    slices.emplace_back(text);
    text.clear();
    slices.push_back(std::visit([](auto& v) { return Borrow(std::move(v)); }, values));
  }
  if (!text.empty() || slices.empty()) slices.emplace_back(text);
  values_.clear();
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
