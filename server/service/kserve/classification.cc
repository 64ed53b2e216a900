// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/classification.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "absl/strings/str_cat.h"
#include "pipelines/base/float16.h"
#include "pipelines/base/status_macros.h"
#include "server/service/kserve/bytes_elements.h"

namespace omserve::kserve {
namespace {

// NaN is behind everything, so that the order is a strict weak one.
template <typename T>
bool Above(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(b)) return !std::isnan(a);
  }
  return a > b;
}

template <typename T>
void AddRow(std::span<const T> values, size_t classes, const std::vector<std::string>& labels,
            std::string& raw) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(classes),
                    order.end(), [&](size_t a, size_t b) {
                      if (Above(values[a], values[b])) return true;
                      return !Above(values[b], values[a]) && a < b;
                    });
  for (size_t i = 0; i < classes; ++i) {
    std::string element = absl::StrCat(values[order[i]], ":", order[i]);
    if (labels.size() == values.size()) absl::StrAppend(&element, ":", labels[order[i]]);
    AppendElement(element, raw);
  }
}

template <typename T>
Classes ClassifyAs(const HostTensor& tensor, int64_t classes,
                   const std::vector<std::string>& labels) {
  const int64_t rows = tensor.rows();
  const std::span<const T> values = tensor.as<T>();
  const size_t row = rows == 0 ? 0 : values.size() / static_cast<size_t>(rows);
  const size_t most = std::min(row, static_cast<size_t>(classes));
  Classes out;
  out.shape = {rows, static_cast<int64_t>(most)};
  for (int64_t i = 0; i < rows; ++i) {
    AddRow(values.subspan(static_cast<size_t>(i) * row, row), most, labels, out.raw);
  }
  return out;
}

}  // namespace

absl::StatusOr<Classes> Classify(const HostTensor& tensor, int64_t classes,
                                 const std::vector<std::string>& labels) {
  if (tensor.dtype() == DType::kInt32) return ClassifyAs<int32_t>(tensor, classes, labels);
  if (tensor.dtype() == DType::kInt64) return ClassifyAs<int64_t>(tensor, classes, labels);
  if (tensor.dtype() == DType::kUint8) {
    return absl::InvalidArgumentError("classification: is not for UINT8 outputs");
  }
  OMSERVE_ASSIGN_OR_RETURN(const HostTensor floats, ToFloat32(tensor));
  return ClassifyAs<float>(floats, classes, labels);
}

}  // namespace omserve::kserve
