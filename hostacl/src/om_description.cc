// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "om_description.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "data_type.h"

namespace hostacl {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxGears = 100;
constexpr size_t kMaxDims = 128;
constexpr uint64_t kMaxBatch = 4096;
constexpr int64_t kMaxDim = int64_t{1} << 40;
constexpr int64_t kMaxPixels = 1 << 20;  // of a side, of a crop, of a padding
constexpr size_t kMaxBytes = std::numeric_limits<size_t>::max() / 4096;
constexpr size_t kMaxTensors = 4096;
constexpr const char* kKinds[] = {"none", "batch", "image", "dims"};

constexpr std::pair<Precision, const char*> kPrecisions[] = {
    {Precision::kOrigin, "origin"},
    {Precision::kHalf, "fp16"},
    {Precision::kBfloat16, "mixed_bfloat16"},
    {Precision::kCubeHalf, "cube_fp16in_fp32out"},
};

const char* NameOf(Precision precision) {
  for (const auto& [value, name] : kPrecisions) {
    if (value == precision) return name;
  }
  return "origin";
}

bool ReadPrecision(const std::string& name, Precision* precision) {
  for (const auto& [value, known] : kPrecisions) {
    if (name != known) continue;
    *precision = value;
    return true;
  }
  return false;
}

Json AippToJson(const OmAipp& aipp) {
  const Aipp& steps = aipp.steps;
  Json json = {{"format", static_cast<int>(steps.format)},
               {"type", static_cast<int>(aipp.type)},
               {"channels", aipp.channels},
               {"channels_first", aipp.channels_first},
               {"swap", {steps.swap_red_blue, steps.swap_alpha}},
               {"mean", steps.mean},
               {"least", steps.least},
               {"factor", steps.factor}};
  if (steps.crop) {
    json["crop"] = {steps.crop_left, steps.crop_top, steps.crop_width, steps.crop_height};
  }
  if (steps.convert) {
    json["matrix"] = steps.matrix;
    json["input_bias"] = steps.input_bias;
    json["output_bias"] = steps.output_bias;
  }
  if (steps.padding) {
    json["padding"] = {steps.pad_left, steps.pad_right, steps.pad_top, steps.pad_bottom};
    json["padding_value"] = steps.pad_value;
  }
  return json;
}

bool Within(const std::array<int64_t, 4>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](int64_t value) { return value >= 0 && value <= kMaxPixels; });
}

bool ReadAipp(const Json& json, OmAipp* aipp) {
  Aipp& steps = aipp->steps;
  const int format = json.at("format").get<int>();
  if (format < 0 || format > static_cast<int>(PictureFormat::kYuv400)) return false;
  steps.format = static_cast<PictureFormat>(format);
  aipp->type = static_cast<aclDataType>(json.at("type").get<int>());
  aipp->channels = json.at("channels").get<int64_t>();
  aipp->channels_first = json.at("channels_first").get<bool>();
  steps.swap_red_blue = json.at("swap").at(0).get<bool>();
  steps.swap_alpha = json.at("swap").at(1).get<bool>();
  json.at("mean").get_to(steps.mean);
  json.at("least").get_to(steps.least);
  json.at("factor").get_to(steps.factor);
  steps.crop = json.contains("crop");
  if (steps.crop) {
    std::array<int64_t, 4> box{};
    json.at("crop").get_to(box);
    if (!Within(box)) return false;
    steps.crop_left = box[0];
    steps.crop_top = box[1];
    steps.crop_width = box[2];
    steps.crop_height = box[3];
  }
  steps.convert = json.contains("matrix");
  if (steps.convert) {
    json.at("matrix").get_to(steps.matrix);
    json.at("input_bias").get_to(steps.input_bias);
    json.at("output_bias").get_to(steps.output_bias);
    // Their products then fit into 32 bits.
    const auto small = [](const auto& values, int32_t most) {
      return std::all_of(values.begin(), values.end(),
                         [most](int32_t value) { return value >= -most && value <= most; });
    };
    if (!small(steps.matrix, 32767) || !small(steps.input_bias, 255) ||
        !small(steps.output_bias, 255)) {
      return false;
    }
  }
  steps.padding = json.contains("padding");
  if (steps.padding) {
    std::array<int64_t, 4> sides{};
    json.at("padding").get_to(sides);
    if (!Within(sides)) return false;
    steps.pad_left = sides[0];
    steps.pad_right = sides[1];
    steps.pad_top = sides[2];
    steps.pad_bottom = sides[3];
    steps.pad_value = json.at("padding_value").get<float>();
  }
  return (aipp->type == ACL_FLOAT || aipp->type == ACL_FLOAT16) && aipp->channels >= 1 &&
         aipp->channels <= steps.channels();
}

// The picture of an AIPP input at each of its gears: the crop lies inside, YUV420SP is even.
bool FitsPicture(const OmTensor& tensor, size_t gears) {
  if (tensor.type != ACL_UINT8 || tensor.dims.size() != 4) return false;
  const Aipp& steps = tensor.aipp->steps;
  for (size_t gear = 0; gear < gears; ++gear) {
    const std::vector<int64_t> dims = tensor.DimsAt(gear);
    const int64_t height = steps.HeightOf(dims[1]);
    if (dims[3] != steps.bytes_per_pixel() || steps.RowsOf(height) != dims[1]) return false;
    if (dims[1] > kMaxPixels || dims[2] > kMaxPixels) return false;
    if (steps.format == PictureFormat::kYuv420sp && (height % 2 != 0 || dims[2] % 2 != 0)) {
      return false;
    }
    if (steps.crop && (steps.crop_left + steps.crop_width > dims[2] ||
                       steps.crop_top + steps.crop_height > height)) {
      return false;
    }
  }
  return true;
}

Json TensorToJson(const OmTensor& tensor) {
  Json json = {{"name", tensor.name},
               {"type", static_cast<int>(tensor.type)},
               {"format", static_cast<int>(tensor.format)},
               {"dims", tensor.dims}};
  if (tensor.geared()) json["at"] = tensor.at;
  if (tensor.aipp) json["aipp"] = AippToJson(*tensor.aipp);
  if (!tensor.ranges.empty()) json["ranges"] = tensor.ranges;
  return json;
}

bool FitsMemory(const OmTensor& tensor, size_t gear) {
  size_t bytes = DataTypeSize(tensor.type);
  for (const int64_t dim : tensor.DimsAt(gear)) {
    if (dim < 0 || dim > kMaxDim) return false;
    if (dim > 0 && bytes > kMaxBytes / static_cast<size_t>(dim)) return false;
    bytes *= static_cast<size_t>(dim);
  }
  return true;
}

// The dims that are told at run time: the others are whole, and no AIPP makes a picture of them.
bool ReadOpenTensor(const Json& json, size_t free, OmTensor* tensor) {
  if (json.contains("ranges")) json.at("ranges").get_to(tensor->ranges);
  if (json.contains("aipp") || (!tensor->ranges.empty() && tensor->ranges.size() != free)) {
    return false;
  }
  for (const auto& [least, most] : tensor->ranges) {
    if (least < 1 || least > kMaxDim || most > kMaxDim || (most != -1 && most < least)) {
      return false;
    }
  }
  OmTensor rest = *tensor;
  size_t next = 0;
  for (int64_t& dim : rest.dims) {
    if (dim != -1) continue;
    dim = next < tensor->ranges.size() ? std::max<int64_t>(tensor->ranges[next++][1], 1) : 1;
  }
  return FitsMemory(rest, 0);
}

bool ReadTensor(const Json& json, size_t gears, OmTensor* tensor) {
  tensor->name = json.at("name").get<std::string>();
  tensor->type = static_cast<aclDataType>(json.at("type").get<int>());
  tensor->format = static_cast<aclFormat>(json.at("format").get<int>());
  tensor->dims = json.at("dims").get<std::vector<int64_t>>();
  if (json.contains("at")) json.at("at").get_to(tensor->at);
  if (DataTypeSize(tensor->type) == 0 || tensor->dims.size() > kMaxDims) return false;
  const auto free = static_cast<size_t>(std::count(tensor->dims.begin(), tensor->dims.end(), -1));
  if (tensor->at.size() != (free == 0 ? 0 : gears)) return false;
  if (free > 0 && gears == 0) return ReadOpenTensor(json, free, tensor);
  for (size_t gear = 0; gear < std::max<size_t>(gears, 1); ++gear) {
    if (free > 0 && (gear >= tensor->at.size() || tensor->at[gear].size() != free)) return false;
    if (!FitsMemory(*tensor, gear)) return false;
  }
  if (!json.contains("aipp")) return true;
  tensor->aipp.emplace();
  return ReadAipp(json.at("aipp"), &*tensor->aipp) &&
         FitsPicture(*tensor, std::max<size_t>(gears, 1));
}

bool ReadTensors(const Json& list, size_t gears, std::vector<OmTensor>* tensors) {
  if (!list.is_array() || list.size() > kMaxTensors) return false;
  for (const auto& item : list) {
    OmTensor tensor;
    if (!ReadTensor(item, gears, &tensor)) return false;
    tensors->push_back(std::move(tensor));
  }
  return true;
}

bool ReadGears(const Json& json, OmModel* model) {
  const auto kind =
      std::find(std::begin(kKinds), std::end(kKinds), json.at("kind").get<std::string>());
  if (kind == std::begin(kKinds) || kind == std::end(kKinds)) return false;
  model->kind = static_cast<GearKind>(kind - std::begin(kKinds));
  json.at("values").get_to(model->gears);
  if (model->gears.empty() || model->gears.size() > kMaxGears) return false;
  const size_t width = model->gears[0].size();
  if (width == 0 || (model->kind == GearKind::kBatch && width != 1) ||
      (model->kind == GearKind::kImage && width != 2)) {
    return false;
  }
  const bool batch = model->kind == GearKind::kBatch;
  for (const auto& values : model->gears) {
    if (values.size() != width) return false;
    for (const uint64_t value : values) {
      if (value == 0 || value > (batch ? kMaxBatch : static_cast<uint64_t>(kMaxDim))) return false;
    }
  }
  if (batch && !std::is_sorted(model->gears.begin(), model->gears.end())) return false;
  return std::set(model->gears.begin(), model->gears.end()).size() == model->gears.size();
}

// Throws nlohmann's exceptions for wrong types; false for wrong values.
bool Read(const Json& root, OmModel* model) {
  model->name = root.at("name").get<std::string>();
  model->soc = root.at("soc").get<std::string>();
  if (!ReadPrecision(root.at("precision").get<std::string>(), &model->precision)) return false;
  model->rounded_weights = root.value("rounded_weights", false);
  model->static_batch = root.at("static_batch").get<uint64_t>();
  model->work_size = root.at("work_size").get<size_t>();
  model->weight_size = root.at("weight_size").get<size_t>();
  if (model->static_batch == 0) return false;
  if (root.contains("gears") && !ReadGears(root.at("gears"), model)) return false;
  const size_t gears = model->gears.size();
  if (!ReadTensors(root.at("inputs"), gears, &model->inputs) ||
      !ReadTensors(root.at("outputs"), gears, &model->outputs) || model->outputs.empty()) {
    return false;
  }
  return model->open() || std::none_of(model->outputs.begin(), model->outputs.end(),
                                       [](const OmTensor& output) { return output.open(); });
}

}  // namespace

std::string EncodeDescription(const OmModel& model) {
  Json root = {{"name", model.name},
               {"soc", model.soc},
               {"precision", NameOf(model.precision)},
               {"rounded_weights", model.rounded_weights},
               {"static_batch", model.static_batch},
               {"work_size", model.work_size},
               {"weight_size", model.weight_size},
               {"inputs", Json::array()},
               {"outputs", Json::array()}};
  if (!model.gears.empty()) {
    root["gears"] = {{"kind", kKinds[static_cast<size_t>(model.kind)]}, {"values", model.gears}};
  }
  for (const OmTensor& input : model.inputs) root["inputs"].push_back(TensorToJson(input));
  for (const OmTensor& output : model.outputs) root["outputs"].push_back(TensorToJson(output));
  return root.dump(-1, ' ', false, Json::error_handler_t::replace);
}

OmProblem DecodeDescription(std::string_view text, OmModel* model) {
  const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::string why;
  try {
    if (root.is_object() && Read(root, model)) return {};
  } catch (const nlohmann::json::exception& error) {
    why = std::string(": ") + error.what();
  }
  for (const char* side : {"inputs", "outputs"}) {
    if (!root.is_object() || !root.contains(side) || !root[side].is_array()) continue;
    for (const auto& tensor : root[side]) {
      if (!tensor.is_object() || !tensor.contains("dims")) continue;
      if (tensor["dims"].size() <= kMaxDims) continue;
      return {ACL_ERROR_STORAGE_OVER_LIMIT, std::string("a tensor of the model's ") + side +
                                                " has " + std::to_string(tensor["dims"].size()) +
                                                " dims; ACL holds 128"};
    }
  }
  return {ACL_ERROR_MODEL_MISSING_ATTR,
          "the model's description (partition type 8) lacks or misstates a field" + why};
}

}  // namespace hostacl
