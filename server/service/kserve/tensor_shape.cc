// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/tensor_shape.h"

#include "absl/strings/str_cat.h"

namespace omserve::kserve {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 48;
constexpr int kMostShown = 8;

}  // namespace

std::string ShapeText(const google::protobuf::RepeatedField<int64_t>& shape) {
  std::string text = "[";
  for (int i = 0; i < shape.size() && i < kMostShown; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",", shape[i]);
  }
  absl::StrAppend(&text, shape.size() > kMostShown ? ",...]" : "]");
  return text;
}

absl::StatusOr<int64_t> CountElements(const google::protobuf::RepeatedField<int64_t>& shape,
                                      std::string_view field) {
  int64_t elements = 1;
  bool empty = false;
  for (const int64_t dim : shape) {
    if (dim < 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          std::string(field), ".shape: ", ShapeText(shape), " has a negative dimension"));
    }
    if (dim == 0) {
      empty = true;
      continue;
    }
    if (dim > kMostElements / elements) {
      return absl::InvalidArgumentError(
          absl::StrCat(std::string(field), ".shape: ", ShapeText(shape), " has too many elements"));
    }
    elements *= dim;
  }
  return empty ? 0 : elements;
}

}  // namespace omserve::kserve
