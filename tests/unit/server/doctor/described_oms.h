// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "server/doctor/om_folder.h"

namespace omserve {

// A tensor of float32, named as the compiler names outputs; 'row' without the batch.
inline ModelTensor TestTensor(const std::string& name, const Shape& row,
                              DType dtype = DType::kFloat32) {
  ModelTensor tensor;
  tensor.name = name;
  tensor.dtype = dtype;
  tensor.shape = row;
  tensor.shape.insert(tensor.shape.begin(), 4);
  return tensor;
}

// An OM file with gears 1 and 4 that is only described.
inline DescribedOm TestOm(const std::string& path, std::vector<ModelTensor> inputs,
                          std::vector<ModelTensor> outputs) {
  DescribedOm om;
  om.path = path;
  om.info.gears = {1, 4};
  om.info.dynamic = true;
  om.info.inputs = std::move(inputs);
  om.info.outputs = std::move(outputs);
  return om;
}

inline std::vector<const DescribedOm*> Pointers(const std::vector<DescribedOm>& oms) {
  std::vector<const DescribedOm*> pointers;
  for (const DescribedOm& om : oms) pointers.push_back(&om);
  return pointers;
}

}  // namespace omserve
