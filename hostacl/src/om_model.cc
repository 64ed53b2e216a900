// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "om_model.h"

#include <algorithm>

#include "data_type.h"

namespace hostacl {

std::vector<int64_t> OmTensor::DimsAt(size_t gear) const {
  std::vector<int64_t> result = dims;
  if (gear >= at.size()) return result;
  size_t next = 0;
  for (int64_t& dim : result) {
    if (dim == -1) dim = at[gear][next++];
  }
  return result;
}

size_t OmTensor::BytesAt(size_t gear) const {
  size_t bytes = DataTypeSize(type);
  for (const int64_t dim : DimsAt(gear)) bytes *= static_cast<size_t>(std::max<int64_t>(dim, 0));
  return bytes;
}

size_t OmTensor::MostBytes() const {
  if (!open()) return BytesAt(LargestGear());
  OmTensor most = *this;
  size_t next = 0;
  for (int64_t& dim : most.dims) {
    if (dim == -1) dim = next < ranges.size() ? ranges[next++][1] : -1;
  }
  return most.BytesAt(0);
}

bool OmTensor::open() const {
  return !geared() && std::find(dims.begin(), dims.end(), -1) != dims.end();
}

size_t OmTensor::LargestGear() const {
  size_t largest = 0;
  for (size_t gear = 1; gear < at.size(); ++gear) {
    if (BytesAt(gear) > BytesAt(largest)) largest = gear;
  }
  return largest;
}

std::vector<int64_t> OmTensor::GraphDimsAt(size_t gear) const {
  const std::vector<int64_t> outer = DimsAt(gear);
  if (!aipp) return outer;
  const int64_t height = aipp->steps.HeightAfter(aipp->steps.HeightOf(outer[1]));
  const int64_t width = aipp->steps.WidthAfter(outer[2]);
  if (aipp->channels_first) return {outer[0], aipp->channels, height, width};
  return {outer[0], height, width, aipp->channels};
}

void OmModel::SetBatchGears(const std::vector<uint64_t>& batches) {
  kind = GearKind::kBatch;
  gears.clear();
  for (const uint64_t batch : batches) gears.push_back({batch});
  for (std::vector<OmTensor>* tensors : {&inputs, &outputs}) {
    for (OmTensor& tensor : *tensors) {
      tensor.at.clear();
      if (tensor.dims.empty() || tensor.dims[0] != -1) continue;
      for (const uint64_t batch : batches) tensor.at.push_back({static_cast<int64_t>(batch)});
    }
  }
}

std::optional<size_t> OmModel::FindGear(const std::vector<uint64_t>& values) const {
  const auto found = std::find(gears.begin(), gears.end(), values);
  if (found == gears.end()) return std::nullopt;
  return static_cast<size_t>(found - gears.begin());
}

uint64_t OmModel::BatchAt(size_t gear) const {
  return kind == GearKind::kBatch ? gears[gear][0] : static_batch;
}

bool OmModel::open() const {
  return std::any_of(inputs.begin(), inputs.end(),
                     [](const OmTensor& input) { return input.open(); });
}

size_t OmModel::LargestGear() const {
  size_t largest = 0;
  size_t most = 0;
  for (size_t gear = 0; gear < gears.size(); ++gear) {
    size_t bytes = 0;
    for (const OmTensor& input : inputs) bytes += input.BytesAt(gear);
    if (bytes > most) {
      most = bytes;
      largest = gear;
    }
  }
  return largest;
}

std::string OmModel::GearText(size_t gear) const {
  return gears.empty() ? std::to_string(static_batch) : hostacl::GearText(gears[gear]);
}

std::string GearText(const std::vector<uint64_t>& values) {
  std::string text;
  for (const uint64_t value : values) text += (text.empty() ? "" : ",") + std::to_string(value);
  return text;
}

}  // namespace hostacl
