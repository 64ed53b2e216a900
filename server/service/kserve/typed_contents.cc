// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/typed_contents.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"

namespace omserve::kserve {
namespace {

using Contents = inference::InferTensorContents;

int64_t AllValues(const Contents& contents) {
  return int64_t{contents.bool_contents_size()} + contents.int_contents_size() +
         contents.int64_contents_size() + contents.uint_contents_size() +
         contents.uint64_contents_size() + contents.fp32_contents_size() +
         contents.fp64_contents_size() + contents.bytes_contents_size();
}

struct Field {
  const char* name;  // null when the type has none
  int64_t size;
};

Field FieldOf(const Contents& contents, DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return {"fp32_contents", contents.fp32_contents_size()};
    case DType::kUint8:
      return {"uint_contents", contents.uint_contents_size()};
    case DType::kInt32:
      return {"int_contents", contents.int_contents_size()};
    case DType::kInt64:
      return {"int64_contents", contents.int64_contents_size()};
    case DType::kFloat16:
      break;
  }
  return {nullptr, 0};
}

}  // namespace

absl::Status CheckTyped(const Contents& contents, DType dtype, int64_t elements,
                        const std::string& field) {
  const Field own = FieldOf(contents, dtype);
  if (own.name == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ".contents: FP16 has no typed contents; send raw_input_contents"));
  }
  if (own.size != elements || AllValues(contents) != elements) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ".contents: the shape has ", elements, " elements, but there are ",
                     own.size, " in ", own.name, " and ", AllValues(contents), " in all"));
  }
  if (dtype == DType::kUint8) {
    for (const uint32_t value : contents.uint_contents()) {
      if (value <= std::numeric_limits<uint8_t>::max()) continue;
      return absl::InvalidArgumentError(absl::StrCat(field, ".contents: ", value, " is no UINT8"));
    }
  }
  return absl::OkStatus();
}

void CopyTyped(const Contents& contents, DType dtype, std::byte* to) {
  const auto copy = [to](const auto& values) {
    if (values.empty()) return;
    std::memcpy(to, values.data(), static_cast<size_t>(values.size()) * sizeof(*values.data()));
  };
  switch (dtype) {
    case DType::kFloat32:
      return copy(contents.fp32_contents());
    case DType::kInt32:
      return copy(contents.int_contents());
    case DType::kInt64:
      return copy(contents.int64_contents());
    case DType::kUint8:
      std::transform(contents.uint_contents().begin(), contents.uint_contents().end(), to,
                     [](uint32_t value) { return static_cast<std::byte>(value); });
      return;
    case DType::kFloat16:
      return;
  }
}

}  // namespace omserve::kserve
