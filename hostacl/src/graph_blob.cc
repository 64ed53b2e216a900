// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "graph_blob.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <openvino/op/constant.hpp>
#include <openvino/pass/serialize.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "half.h"

namespace hostacl {
namespace {

// Mark, u64 topology size, u64 constants size, topology, blanks up to a multiple of 64, constants.
constexpr std::string_view kMark = "hostacl:graph:1\n";
constexpr size_t kHeader = kMark.size() + 2 * sizeof(uint64_t);
constexpr size_t kAlignment = 64;

size_t ConstantsAt(size_t topology_size) {
  return (kHeader + topology_size + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

void RoundWeights(const std::shared_ptr<ov::Model>& graph) {
  for (const auto& node : graph->get_ordered_ops()) {
    const auto constant = std::dynamic_pointer_cast<ov::op::v0::Constant>(node);
    if (constant == nullptr || constant->get_element_type() != ov::element::f32) continue;
    const float* from = constant->get_data_ptr<float>();
    ov::Tensor values(ov::element::f32, constant->get_shape());
    std::transform(from, from + values.get_size(), values.data<float>(), RoundToHalf);
    const auto rounded = std::make_shared<ov::op::v0::Constant>(values);
    rounded->set_friendly_name(constant->get_friendly_name());
    ov::replace_node(constant, rounded);
  }
}

std::string PackGraph(const std::shared_ptr<ov::Model>& graph) {
  std::ostringstream topology;
  std::ostringstream constants;
  ov::pass::Serialize(topology, constants).run_on_model(graph->clone());
  const std::string xml = std::move(topology).str();
  const std::string_view bin = constants.view();
  const uint64_t sizes[2] = {xml.size(), bin.size()};
  std::string blob;
  blob.reserve(ConstantsAt(xml.size()) + bin.size());
  blob += kMark;
  blob.append(reinterpret_cast<const char*>(sizes), sizeof sizes);
  blob += xml;
  blob.resize(ConstantsAt(xml.size()), ' ');
  blob += bin;
  return blob;
}

std::shared_ptr<ov::Model> ReadGraph(ov::Core* core, const std::string& blob, bool rounds,
                                     std::string* problem) {
  if (blob.compare(0, kMark.size(), kMark) != 0) {
    std::shared_ptr<ov::Model> graph = core->read_model(blob, ov::Tensor());
    if (rounds) RoundWeights(graph);
    return graph;
  }
  uint64_t sizes[2] = {};
  if (blob.size() >= kHeader) std::memcpy(sizes, blob.data() + kMark.size(), sizeof sizes);
  if (blob.size() < kHeader || sizes[0] > blob.size() - kHeader ||
      ConstantsAt(sizes[0]) > blob.size() || sizes[1] != blob.size() - ConstantsAt(sizes[0])) {
    *problem = "the packed graph is damaged: its lengths do not add up";
    return nullptr;
  }
  // The graph keeps this tensor, and its constants point into it.
  ov::Tensor constants(ov::element::u8, ov::Shape{sizes[1]});
  if (sizes[1] > 0) {
    std::memcpy(constants.data(), blob.data() + ConstantsAt(sizes[0]), sizes[1]);
  }
  return core->read_model(blob.substr(kHeader, sizes[0]), constants);
}

}  // namespace hostacl
