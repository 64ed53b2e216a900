// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <openvino/openvino.hpp>
#include <set>
#include <string>

#include "om_file.h"
#include "rounding.h"

namespace hostacl {

// The one place that knows in which form a .om holds its graph: the engine's text form with its
// constants in the weights partition, or plain ONNX. Rounded as the model's precision says. The
// constants may view model.weights, and keep their owner. Throws the engine's exceptions.
std::shared_ptr<ov::Model> ReadGraph(ov::Core& core, const OmModel& model);

// Rounds the float constants, but not those that are sizes, scales or thresholds rather than
// numbers of the computation, nor those that go to a node which gives one of the `kept` tensors.
// Each old constant is let go before the next one is made.
void RoundWeights(const std::shared_ptr<ov::Model>& graph, const Rounding& rounding,
                  const std::set<std::string>& kept = {});

// Rounds what matrix multiplications and convolutions read, and nothing else.
void RoundCubeInputs(const std::shared_ptr<ov::Model>& graph, const Rounding& rounding);

}  // namespace hostacl
