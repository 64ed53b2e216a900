// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "gear_options.h"

#include <algorithm>
#include <set>

#include "text.h"

namespace hostacl {
namespace {

constexpr size_t kMinGears = 2;
constexpr size_t kMaxGears = 100;
constexpr int64_t kMaxBatch = 4096;
constexpr int64_t kMaxValue = int64_t{1} << 31;

bool IsFree(const OmTensor& input) {
  return std::find(input.dims.begin(), input.dims.end(), -1) != input.dims.end();
}

// Every -1 must be in front.
bool CheckBatch(const OmTensor& input, std::string* problem) {
  if (std::find(input.dims.begin() + 1, input.dims.end(), -1) == input.dims.end()) return true;
  *problem = "--dynamic_batch_size: input " + input.name +
             " has a -1 behind its first dim; use --dynamic_dims for it";
  return false;
}

// Both of height and width must be -1, and nothing else.
bool CheckImage(const OmTensor& input, const std::string& format, std::string* problem) {
  const size_t height = format == "NHWC" ? 1 : 2;
  bool good = input.dims.size() == 4;
  for (size_t i = 0; good && i < 4; ++i) {
    good = (input.dims[i] == -1) == (i == height || i == height + 1);
  }
  if (!good) {
    *problem = "--dynamic_image_size: input " + input.name + " must have 4 dims, with -1 for" +
               " height and width (of " + format + ") and nowhere else";
  }
  return good;
}

}  // namespace

bool ParseGears(const std::string& name, const std::string& value, GearOptions* gears,
                std::string* problem) {
  const std::string option = "--" + name;
  if (gears->kind != GearKind::kNone) {
    *problem =
        gears->option + " and " + option + " exclude each other: a model has one kind of gear";
    return false;
  }
  gears->option = option;
  gears->kind = name == "dynamic_batch_size"   ? GearKind::kBatch
                : name == "dynamic_image_size" ? GearKind::kImage
                                               : GearKind::kDims;
  const bool batch = gears->kind == GearKind::kBatch;
  for (const std::string& gear : Split(value, batch ? ',' : ';')) {
    if (gear.empty() && !gears->gears.empty()) continue;  // a separator at the end
    std::vector<uint64_t>& values = gears->gears.emplace_back();
    for (const std::string& part : Split(gear, ',')) {
      int64_t number = 0;
      if (!ParseNumber(part, &number) || number < 1 || number > (batch ? kMaxBatch : kMaxValue)) {
        *problem = option + ": gear \"" + gear + "\" has \"" + part +
                   "\", which is no number of 1 to " +
                   std::to_string(batch ? kMaxBatch : kMaxValue);
        return false;
      }
      values.push_back(static_cast<uint64_t>(number));
    }
    const size_t expected = gears->kind == GearKind::kImage ? 2 : gears->gears.front().size();
    if (values.size() != expected) {
      *problem = option + ": gear \"" + gear + "\" has " + std::to_string(values.size()) +
                 " values, not " + std::to_string(expected);
      return false;
    }
    if (std::count(gears->gears.begin(), gears->gears.end(), values) > 1) {
      *problem = option + ": gear \"" + gear + "\" is there twice; 2 to 100 different ones";
      return false;
    }
  }
  if (gears->gears.size() < kMinGears || gears->gears.size() > kMaxGears) {
    *problem = option + ": 2 to 100 different gears, not the " +
               std::to_string(gears->gears.size()) + " of \"" + value + "\"";
    return false;
  }
  if (batch) std::sort(gears->gears.begin(), gears->gears.end());
  return true;
}

bool ApplyGears(const GearOptions& gears, const std::vector<std::string>& order,
                const std::string& input_format, OmModel* om, std::string* problem) {
  std::vector<OmTensor*> inputs;  // those with a -1, in the order in which gears name them
  for (const std::string& name : order) {
    for (OmTensor& input : om->inputs) {
      if (input.name == name && IsFree(input)) inputs.push_back(&input);
    }
  }
  if (gears.kind == GearKind::kNone) {
    return true;  // what is -1 stays open until run time
  }
  if (inputs.empty()) {
    *problem = gears.option + " needs an input with a " +
               (gears.kind == GearKind::kBatch ? "batch" : "dim") + " of -1 in --input_shape";
    return false;
  }
  const std::string& format = input_format;
  if (gears.kind == GearKind::kImage && format != "NCHW" && format != "NHWC") {
    *problem = "--dynamic_image_size needs --input_format=NCHW or NHWC, not " + format;
    return false;
  }
  if (gears.kind == GearKind::kDims && format != "ND") {
    *problem = "--dynamic_dims needs --input_format=ND, not " + format;
    return false;
  }
  size_t free = 0;
  for (OmTensor* input : inputs) {
    if (gears.kind == GearKind::kBatch && !CheckBatch(*input, problem)) return false;
    if (gears.kind == GearKind::kImage && !CheckImage(*input, format, problem)) return false;
    free += static_cast<size_t>(std::count(input->dims.begin(), input->dims.end(), -1));
  }
  om->kind = gears.kind;
  om->gears = gears.gears;
  for (size_t g = 0; g < gears.gears.size(); ++g) {
    const std::vector<uint64_t>& values = gears.gears[g];
    if (gears.kind == GearKind::kDims && values.size() != free) {
      *problem = "--dynamic_dims: gear \"" + GearText(values) + "\" has " +
                 std::to_string(values.size()) + " values, the inputs have " +
                 std::to_string(free) + " dims of -1";
      return false;
    }
    size_t next = 0;
    for (OmTensor* input : inputs) {
      if (gears.kind != GearKind::kDims) next = 0;  // all inputs share the values
      std::vector<int64_t>& at = input->at.emplace_back();
      for (const int64_t dim : input->dims) {
        if (dim == -1) at.push_back(static_cast<int64_t>(values[next++]));
      }
    }
  }
  if (gears.kind != GearKind::kDims) return true;
  // The setter takes the dims of all inputs in the model's order, so the gears are kept in it.
  for (size_t g = 0; g < om->gears.size(); ++g) {
    om->gears[g].clear();
    for (const OmTensor& input : om->inputs) {
      if (!input.geared()) continue;
      for (const int64_t dim : input.at[g]) om->gears[g].push_back(static_cast<uint64_t>(dim));
    }
  }
  return true;
}

}  // namespace hostacl
