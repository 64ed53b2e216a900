// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "open_shapes.h"

#include <algorithm>
#include <utility>

#include "output_dims.h"

namespace hostacl {

OpenShapes::OpenShapes(OmModel om, int device, const void* weight)
    : om_(std::move(om)), device_(device), weight_(weight) {}

std::shared_ptr<const ShapedModel> OpenShapes::At(const std::vector<std::vector<int64_t>>& dims,
                                                  std::string* problem) {
  MutexLock lock(&mutex_);
  const auto known = std::find_if(used_.begin(), used_.end(),
                                  [&dims](const Entry& entry) { return entry.dims == dims; });
  if (known != used_.end()) {
    used_.splice(used_.begin(), used_, known);
    return known->model;
  }
  auto model = std::make_shared<ShapedModel>();
  OmModel om = om_;
  for (size_t i = 0; i < om.inputs.size(); ++i) {
    om.inputs[i].dims = dims[i];
    om.inputs[i].ranges.clear();
    om.digest = DigestOf(dims[i].data(), dims[i].size() * sizeof dims[i][0], om.digest);
  }
  if (!om.inputs.empty() && !dims[0].empty()) {
    om.static_batch = static_cast<uint64_t>(std::max<int64_t>(dims[0][0], 1));
  }
  if (!InferOutputDims(&om, problem)) return nullptr;
  model->engine = Engine::Obtain(om, device_, weight_, /*lazy=*/true, problem);
  if (model->engine == nullptr) return nullptr;
  om.graph.clear();
  om.weights = {};
  model->om = std::move(om);
  used_.push_front({dims, model});
  if (used_.size() > kMostShapes) used_.pop_back();
  return model;
}

}  // namespace hostacl
