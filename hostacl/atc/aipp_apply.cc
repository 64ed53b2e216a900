// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// ApplyAippBlocks: pictures in front of a graph's inputs.
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aipp_file.h"

namespace hostacl {
namespace {

std::optional<size_t> FindInput(const AippBlock& block, const OmModel& om) {
  for (size_t i = 0; i < om.inputs.size(); ++i) {
    if (block.input_name.empty() ? static_cast<int64_t>(i) == block.input
                                 : om.inputs[i].name == block.input_name) {
      return i;
    }
  }
  return std::nullopt;
}

std::string Sides(int64_t width, int64_t height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

// Why the picture of `block` does not fit into the graph's width and height; empty when it does.
std::string Misfit(const AippBlock& block, int64_t width, int64_t height) {
  const Aipp& steps = block.steps;
  if (steps.crop && (steps.crop_width == 0 || steps.crop_height == 0)) {
    return "crop_size_w and crop_size_h must be above 0";
  }
  if (steps.crop && (steps.crop_left + steps.crop_width > block.width ||
                     steps.crop_top + steps.crop_height > block.height)) {
    return "the crop of " + Sides(steps.crop_width, steps.crop_height) + " at " +
           std::to_string(steps.crop_left) + "," + std::to_string(steps.crop_top) +
           " (load_start_pos_*, crop_size_*) leaves the picture of " +
           Sides(block.width, block.height) + " (src_image_size_*)";
  }
  if (steps.format == PictureFormat::kYuv420sp) {
    if (block.width % 2 != 0 || block.height % 2 != 0) {
      return "src_image_size_w and src_image_size_h must be even for YUV420SP_U8";
    }
    if (steps.crop && (steps.crop_left % 2 != 0 || steps.crop_top % 2 != 0)) {
      return "load_start_pos_w and load_start_pos_h must be even for YUV420SP_U8";
    }
  }
  const int64_t width_after = steps.WidthAfter(block.width);
  const int64_t height_after = steps.HeightAfter(block.height);
  if (width_after == width && height_after == height) return "";
  return "behind crop and padding the picture is " + Sides(width_after, height_after) +
         ", the graph takes " + Sides(width, height) + " (width x height)";
}

// What the picture's size and the graph's have to do with one another.
std::string Resolve(const OmModel& om, const OmTensor& input, size_t height_at, AippBlock* block) {
  Aipp& steps = block->steps;
  const int64_t graph_height = input.dims[height_at];
  const int64_t graph_width = input.dims[height_at + 1];
  if (om.kind == GearKind::kImage && graph_height == -1) {
    if (block->width != 0 || block->height != 0 || steps.crop || steps.padding) {
      return "with --dynamic_image_size, src_image_size_* must be 0, and crop and padding false";
    }
    if (steps.format != PictureFormat::kYuv420sp) return "";
    for (const auto& gear : om.gears) {
      if (gear[0] % 2 != 0 || gear[1] % 2 != 0) {
        return "gear " + GearText(gear) + " of --dynamic_image_size must be even for YUV420SP_U8";
      }
    }
    return "";
  }
  // What is left out is what the graph takes.
  if (block->width == 0) block->width = graph_width;
  if (block->height == 0) block->height = graph_height;
  if (steps.crop && steps.crop_width == 0) steps.crop_width = graph_width;
  if (steps.crop && steps.crop_height == 0) steps.crop_height = graph_height;
  return Misfit(*block, graph_width, graph_height);
}

// Turns `input` into the picture.
void TakePicture(const AippBlock& block, bool channels_first, OmTensor* input) {
  const Aipp& steps = block.steps;
  const size_t height_at = channels_first ? 2 : 1;
  const bool free_size = input->dims[height_at] == -1;
  OmAipp aipp{.steps = steps,
              .type = input->type,
              .channels = input->dims[channels_first ? 1 : 3],
              .channels_first = channels_first};
  input->dims = {input->dims[0], free_size ? -1 : steps.RowsOf(block.height),
                 free_size ? -1 : block.width, steps.bytes_per_pixel()};
  if (free_size) {
    for (auto& values : input->at) values[0] = steps.RowsOf(values[0]);
  }
  input->type = ACL_UINT8;
  input->format = ACL_FORMAT_NHWC;
  input->aipp = aipp;
}

}  // namespace

bool ApplyAippBlocks(const std::vector<AippBlock>& blocks, const std::string& input_format,
                     OmModel* om, std::string* problem) {
  if (!blocks.empty() && om->kind == GearKind::kDims) {
    *problem = "--insert_op_conf and --dynamic_dims exclude each other";
    return false;
  }
  const bool channels_first = input_format != "NHWC";
  std::set<size_t> taken;
  for (AippBlock block : blocks) {
    const auto refuse = [&](const std::string& reason) {
      *problem = "--insert_op_conf: line " + std::to_string(block.line) + ": " + reason;
      return false;
    };
    const std::optional<size_t> index = FindInput(block, *om);
    if (!index) {
      return refuse(block.input_name.empty()
                        ? "related_input_rank: the model has no input " +
                              std::to_string(block.input)
                        : "related_input_name: the model has no input " + block.input_name);
    }
    OmTensor& input = om->inputs[*index];
    if (!taken.insert(*index).second) {
      return refuse("related_input_rank: input " + input.name + " has two blocks");
    }
    if (input.dims.size() != 4 || (input.type != ACL_FLOAT && input.type != ACL_FLOAT16)) {
      return refuse("input " + input.name + " must have 4 dims and a float type to take a picture");
    }
    const int64_t channels = input.dims[channels_first ? 1 : 3];
    if (channels != block.steps.channels() &&
        !(channels == 3 && block.steps.format == PictureFormat::kXrgb8888) &&
        !(channels == 1 && block.steps.format == PictureFormat::kYuv420sp)) {
      return refuse("input_format: it has " + std::to_string(block.steps.channels()) +
                    " channels, input " + input.name + " takes " + std::to_string(channels));
    }
    const std::string reason = Resolve(*om, input, channels_first ? 2 : 1, &block);
    if (!reason.empty()) return refuse(reason);
    TakePicture(block, channels_first, &input);
  }
  return true;
}

}  // namespace hostacl
