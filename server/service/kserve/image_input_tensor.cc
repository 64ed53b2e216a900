// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/image_input_tensor.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/service/kserve/bytes_elements.h"
#include "server/service/kserve/datatype.h"
#include "server/service/kserve/tensor_shape.h"

namespace omserve::kserve {
namespace {

using Input = inference::ModelInferRequest::InferInputTensor;

constexpr char kField[] = "inputs['image']";
constexpr size_t kMostShown = 64;

template <typename... Words>
absl::Status Bad(const Words&... words) {
  return absl::InvalidArgumentError(absl::StrCat(words...));
}

absl::StatusOr<const Input*> OnlyInput(const InferRequest& request) {
  const inference::ModelInferRequest& head = request.head();
  for (const Input& input : head.inputs()) {
    if (input.name() == "image") continue;
    return Bad("inputs['", absl::CHexEscape(input.name().substr(0, kMostShown)),
               "']: is no input of the model; these are: image");
  }
  if (head.inputs_size() != 1) {
    return Bad("inputs: ", head.inputs_size(), " entries; there must be one, 'image'");
  }
  if (request.raw().size() > 1) {
    return Bad("raw_input_contents: ", request.raw().size(), " entries for 1 input");
  }
  const Input& input = head.inputs(0);
  if (!input.parameters().empty()) {
    ParameterReader none(input.parameters(), absl::StrCat(kField, ".parameters"));
    return none.Finish();
  }
  if (!request.raw().empty() && input.has_contents()) {
    return Bad(kField, ".contents: must be absent when there are raw_input_contents");
  }
  return &input;
}

absl::StatusOr<std::vector<v1::Image>> Encoded(const InferRequest& request, const Input& input,
                                               int64_t count) {
  std::vector<v1::Image> images;
  if (request.raw().empty()) {
    if (input.contents().bytes_contents_size() != count) {
      return Bad(kField, ".contents: ", input.contents().bytes_contents_size(),
                 " entries in bytes_contents, but the shape has ", count, " elements");
    }
    for (const std::string& bytes : input.contents().bytes_contents()) {
      images.emplace_back().set_encoded(bytes);
    }
    return images;
  }
  std::string scratch;
  OMSERVE_ASSIGN_OR_RETURN(const std::vector<std::string_view> elements,
                           ReadElements(request.raw()[0].Flat(scratch), count, kField));
  for (const std::string_view element : elements) {
    images.emplace_back().set_encoded(std::string(element));
  }
  return images;
}

absl::StatusOr<std::vector<v1::Image>> Raw(const InferRequest& request, const Input& input,
                                           int64_t elements, ParameterReader& parameters) {
  constexpr int64_t kMostSide = std::numeric_limits<int32_t>::max();
  if (input.shape_size() != 3 || input.shape(2) != 3 || input.shape(0) > kMostSide ||
      input.shape(1) > kMostSide) {
    return Bad(kField, ".shape: ", ShapeText(input.shape()),
               ", but raw pixels are UINT8 [height,width,3]");
  }
  if (request.raw().empty()) {
    return Bad(kField, ".contents: raw pixels must come in raw_input_contents");
  }
  const RawContents& raw = request.raw()[0];
  if (raw.size() != static_cast<uint64_t>(elements)) {
    return Bad(kField, ": ", raw.size(), " bytes of raw contents, but ", ShapeText(input.shape()),
               " of UINT8 has ", elements);
  }
  std::vector<v1::Image> images(1);
  v1::RawPixels& pixels = *images[0].mutable_raw();
  pixels.set_height(static_cast<int32_t>(input.shape(0)));
  pixels.set_width(static_cast<int32_t>(input.shape(1)));
  const bool bgr = parameters.Word("color_order", {"rgb", "bgr"}).value_or(0) == 1;
  pixels.set_order(bgr ? v1::RawPixels::ORDER_BGR : v1::RawPixels::ORDER_RGB);
  std::string& to = *pixels.mutable_pixels();
  to.resize(raw.size());
  raw.CopyTo(reinterpret_cast<std::byte*>(to.data()));
  return images;
}

}  // namespace

absl::StatusOr<std::vector<v1::Image>> ReadImages(const InferRequest& request,
                                                  ParameterReader& parameters, int most) {
  OMSERVE_ASSIGN_OR_RETURN(const Input* const input, OnlyInput(request));
  OMSERVE_ASSIGN_OR_RETURN(const int64_t elements, CountElements(input->shape(), kField));
  if (input->datatype() == "UINT8") return Raw(request, *input, elements, parameters);
  if (input->datatype() != kBytes) {
    return Bad(kField, ".datatype: '", absl::CHexEscape(input->datatype().substr(0, kMostShown)),
               "', but the model takes BYTES (encoded pictures) or UINT8 (raw pixels)");
  }
  const bool list = input->shape_size() == 1 || (input->shape_size() == 2 && input->shape(0) == 1);
  if (!list || elements < 1 || elements > most) {
    return Bad(kField, ".shape: ", ShapeText(input->shape()), ", but the model takes ",
               most == 1 ? std::string("one picture, [1]")
                         : absl::StrCat("between 1 and ", most, " pictures, [n]"));
  }
  return Encoded(request, *input, elements);
}

}  // namespace omserve::kserve
