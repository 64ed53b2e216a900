// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "pipelines/base/float16.h"
#include "server/doctor/compare.h"
#include "server/doctor/om_folder.h"

namespace omserve {
namespace {

using Json = nlohmann::ordered_json;

double At(const HostTensor& tensor, size_t i) {
  switch (tensor.dtype()) {
    case DType::kFloat32:
      return static_cast<double>(tensor.as<float>()[i]);
    case DType::kFloat16:
      return static_cast<double>(HalfToFloat(tensor.as<uint16_t>()[i]));
    case DType::kUint8:
      return tensor.as<uint8_t>()[i];
    case DType::kInt32:
      return tensor.as<int32_t>()[i];
    case DType::kInt64:
      return static_cast<double>(tensor.as<int64_t>()[i]);
  }
  return 0;
}

}  // namespace

absl::StatusOr<TensorDifference> Difference(const HostTensor& a, const HostTensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) {
    return absl::InvalidArgumentError(
        absl::StrCat(DTypeName(a.dtype()), " ", ShapeString(a.shape()), " is not ",
                     DTypeName(b.dtype()), " ", ShapeString(b.shape())));
  }
  TensorDifference difference;
  difference.equal = std::memcmp(a.data(), b.data(), a.bytes()) == 0;
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < static_cast<size_t>(a.elements()); ++i) {
    const double x = At(a, i), y = At(b, i);
    const double far = std::abs(x - y);
    // Two infinities of one sign are no difference; no number is an infinite one.
    if (x != y) difference.max_abs = std::max(difference.max_abs, std::isnan(far) ? INFINITY : far);
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  if (difference.equal) return difference;
  difference.cosine = aa == 0 && bb == 0 ? 1 : aa == 0 || bb == 0 ? 0 : ab / std::sqrt(aa * bb);
  return difference;
}

std::string CompareText(const CompareReport& report) {
  std::string text = absl::StrCat("golden of ", report.golden_chip, ", compared on ", report.chip,
                                  ", cosine at least ", report.min_cosine, "\n");
  for (const ModelComparison& model : report.models) {
    absl::StrAppend(&text, model.om, " gear ", model.gear,
                    model.ok(report.min_cosine) ? ": ok" : ": DIFFERS",
                    model.same_om ? "" : " (another OM file)", "\n");
    if (!model.problem.empty()) absl::StrAppend(&text, "  ! ", model.problem, "\n");
    for (const OutputComparison& output : model.outputs) {
      absl::StrAppendFormat(&text, "  %s  cosine %.7f  largest difference %.3g%s\n",
                            PlainName(output.name), output.difference.cosine,
                            output.difference.max_abs, output.difference.equal ? "  equal" : "");
    }
  }
  return text;
}

std::string CompareJson(const CompareReport& report) {
  Json json = {{"golden_chip", report.golden_chip},
               {"chip", report.chip},
               {"min_cosine", report.min_cosine},
               {"ok", report.ok()},
               {"models", Json::array()}};
  for (const ModelComparison& model : report.models) {
    Json outputs = Json::array();
    for (const OutputComparison& output : model.outputs) {
      outputs.push_back({{"name", output.name},
                         {"cosine", output.difference.cosine},
                         {"max_abs", output.difference.max_abs},
                         {"equal", output.difference.equal}});
    }
    json["models"].push_back({{"om", model.om},
                              {"gear", model.gear},
                              {"ok", model.ok(report.min_cosine)},
                              {"same_om", model.same_om},
                              {"problem", model.problem},
                              {"outputs", outputs}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace omserve
