// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "omserve/v1/vision.pb.h"
#include "server/service/kserve/infer_answer.h"
#include "server/service/kserve/infer_parameters.h"
#include "server/service/kserve/infer_request.h"
#include "server/service/read_text_method.h"
#include "server/service/vision_methods.h"

namespace omserve::kserve {

// Requests for whole pipelines are those of omserve.v1 in other clothes: the picture is the input
// 'image', the options are parameters of the same names, and what was found are tensors. Each
// adapter fills a request of its method (errors are INVALID_ARGUMENT, or in 'parameters') and
// turns the response into tensors.

// A method of omserve.v1 whose requests count as ones of this protocol.
template <typename Base>
struct AsModelInfer : Base {
  static constexpr std::string_view kName = "ModelInfer";
  static const RequestMetrics& Metrics(const ServedModel& model,
                                       const typename Base::Request& /*request*/) {
    return model.infer_metrics;
  }
};

struct DetectAdapter {
  using Method = AsModelInfer<DetectMethod>;
  static absl::Status Fill(const InferRequest& request, ParameterReader& parameters,
                           v1::DetectRequest& out);
  static void Convert(v1::DetectResponse response, InferAnswer& out);
};

struct EmbedAdapter {
  using Method = AsModelInfer<EmbedMethod>;
  static absl::Status Fill(const InferRequest& request, ParameterReader& parameters,
                           v1::EmbedRequest& out);
  static void Convert(v1::EmbedResponse response, InferAnswer& out);
};

struct ClassifyAdapter {
  using Method = AsModelInfer<ClassifyMethod>;
  static absl::Status Fill(const InferRequest& request, ParameterReader& parameters,
                           v1::EmbedRequest& out);
  static void Convert(v1::EmbedResponse response, InferAnswer& out);
};

struct ReadTextAdapter {
  using Method = AsModelInfer<ReadTextMethod>;
  static absl::Status Fill(const InferRequest& request, ParameterReader& parameters,
                           v1::ReadTextRequest& out);
  static void Convert(v1::ReadTextResponse response, InferAnswer& out);
};

}  // namespace omserve::kserve
