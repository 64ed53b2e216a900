// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "inference/model_config.pb.h"
#include "pipelines/base/tensor.h"

namespace omserve::kserve {

inline constexpr std::string_view kBytes = "BYTES";

// The name of an element type in the protocol.
constexpr std::string_view DatatypeOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return "FP32";
    case DType::kFloat16:
      return "FP16";
    case DType::kUint8:
      return "UINT8";
    case DType::kInt32:
      return "INT32";
    case DType::kInt64:
      return "INT64";
  }
  return "";
}

// The same in a ModelConfig; TYPE_INVALID for a name that nothing here has.
constexpr inference::DataType ConfigTypeOf(std::string_view datatype) {
  if (datatype == "FP32") return inference::TYPE_FP32;
  if (datatype == "FP16") return inference::TYPE_FP16;
  if (datatype == "UINT8") return inference::TYPE_UINT8;
  if (datatype == "INT32") return inference::TYPE_INT32;
  if (datatype == "INT64") return inference::TYPE_INT64;
  if (datatype == kBytes) return inference::TYPE_STRING;
  return inference::TYPE_INVALID;
}

}  // namespace omserve::kserve
