// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "option_checks.h"

#include <algorithm>

#include "chips.h"

namespace hostacl {
namespace {

struct Reason {
  std::string_view name;
  const char* why;
};

constexpr const char* kKernels = "it chooses kernels of a card";
constexpr const char* kTuning = "it tunes for a card";
constexpr const char* kMemory = "it lays out a card's memory";

constexpr Reason kWithoutEffect[] = {
    {"atomic_clean_policy", kMemory},
    {"auto_tune_mode", kTuning},
    {"buffer_optimize", kMemory},
    {"compress_weight_conf", kKernels},
    {"compression_optimize_conf", kKernels},
    {"core_type", kKernels},
    {"customize_dtypes", "operators keep the precision of --precision_mode_v2"},
    {"debug_dir", "nothing is left to debug"},
    {"deterministic", "results here are always the same"},
    {"display_model_info", "--log=info prints inputs and outputs"},
    {"disable_reuse_memory", kMemory},
    {"enable_compress_weight", kKernels},
    {"enable_graph_parallel", kKernels},
    {"enable_scope_fusion_passes", kTuning},
    {"enable_single_stream", kKernels},
    {"enable_small_channel", kTuning},
    {"external_weight", "weights always lie in the .om file"},
    {"fusion_switch_file", kTuning},
    {"graph_parallel_option_path", kKernels},
    {"host_env_cpu", "the file runs on any processor that hostacl runs on"},
    {"host_env_os", "the file runs on any system that hostacl runs on"},
    {"mdl_bank_path", kTuning},
    {"modify_mixlist", "operators keep the precision of --precision_mode_v2"},
    {"op_bank_path", kTuning},
    {"op_compiler_cache_dir", "no kernels are compiled"},
    {"op_compiler_cache_mode", "no kernels are compiled"},
    {"op_debug_config", "no kernels are compiled"},
    {"op_debug_level", "no kernels are compiled"},
    {"op_precision_mode", kKernels},
    {"op_select_implmode", kKernels},
    {"optypelist_for_implmode", kKernels},
    {"sparsity", kKernels},
    {"status_check", kKernels},
    {"tiling_schedule_optimize", kKernels},
    {"virtual_type", kKernels},
};

constexpr Reason kRefused[] = {
    {"input_shape_range", "shapes must be known here: give --input_shape, with gears if they vary"},
    {"is_input_adjust_hw_layout", "inputs in a card's own layout are not done"},
    {"is_output_adjust_hw_layout", "outputs in a card's own layout are not done"},
    {"mode", "only the making of .om files (mode 0) is done"},
    {"om", "only --model is read"},
    {"singleop", "single operators are not done; give an ONNX file with one node"},
    {"weight", "it belongs to Caffe; only ONNX is done"},
};

constexpr std::pair<const char*, const char*> kExclusive[] = {
    {"precision_mode", "precision_mode_v2"},
    {"dynamic_batch_size", "dynamic_image_size"},
    {"dynamic_batch_size", "dynamic_dims"},
    {"dynamic_image_size", "dynamic_dims"},
};

const char* Find(const Reason* begin, const Reason* end, std::string_view name) {
  const Reason* found =
      std::find_if(begin, end, [name](const Reason& reason) { return reason.name == name; });
  return found == end ? nullptr : found->why;
}

}  // namespace

const char* WithoutEffect(std::string_view name) {
  return Find(std::begin(kWithoutEffect), std::end(kWithoutEffect), name);
}

const char* Refused(std::string_view name) {
  return Find(std::begin(kRefused), std::end(kRefused), name);
}

std::string OptionLike(std::string_view name, const std::vector<std::string>& known) {
  // Same letters when case, dashes and underscores are left out, or a beginning of it.
  const auto fold = [](std::string_view text) {
    std::string folded;
    for (const char letter : text) {
      if (letter == '-' || letter == '_') continue;
      folded += static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
    }
    return folded;
  };
  const std::string wanted = fold(name);
  for (const std::string& option : known) {
    const std::string folded = fold(option);
    if (wanted.size() >= 3 && (folded.starts_with(wanted) || wanted.starts_with(folded))) {
      return option;
    }
  }
  return "";
}

bool CheckTogether(const std::map<std::string, std::string>& given, std::string* problem) {
  for (const auto& [one, other] : kExclusive) {
    if (given.count(one) == 0 || given.count(other) == 0) continue;
    *problem = std::string("--") + one + " and --" + other + " exclude each other: give one";
    return false;
  }
  return true;
}

bool ParsePrecisionV2(const std::string& value, Precision* precision, std::string* note,
                      std::string* problem) {
  if (value == "fp16") {
    *precision = Precision::kHalf;
  } else if (value == "origin") {
    *precision = Precision::kOrigin;
  } else if (value == "mixed_bfloat16") {
    *precision = Precision::kBfloat16;
  } else if (value == "cube_fp16in_fp32out") {
    *precision = Precision::kCubeHalf;
  } else if (value == "mixed_float16") {
    *precision = Precision::kHalf;
    *note =
        "mixed_float16 rounds as fp16 does; a card keeps Acosh, Asinh, Selu and GridSample in fp32";
  } else {
    *problem = "not \"" + value +
               "\" but fp16, origin, cube_fp16in_fp32out, mixed_float16 or mixed_bfloat16";
    return false;
  }
  return true;
}

bool ParsePrecision(const std::string& value, Precision* precision, std::string* note,
                    std::string* problem) {
  struct Old {
    const char* name;
    Precision precision;
    const char* note;
  };
  constexpr Old kOld[] = {
      {"force_fp16", Precision::kHalf, ""},
      {"force_fp32", Precision::kOrigin, ""},
      {"must_keep_origin_dtype", Precision::kOrigin, ""},
      {"cube_fp16in_fp32out", Precision::kCubeHalf, ""},
      {"allow_fp32_to_fp16", Precision::kHalf, "it rounds as force_fp16 does"},
      {"allow_mix_precision", Precision::kHalf, "it rounds as force_fp16 does"},
      {"allow_mix_precision_fp16", Precision::kHalf, "it rounds as force_fp16 does"},
      {"allow_mix_precision_bf16", Precision::kBfloat16, "all is rounded to bfloat16"},
      {"allow_fp32_to_bf16", Precision::kBfloat16, "all is rounded to bfloat16"},
  };
  std::string names;
  for (const Old& old : kOld) {
    names += (names.empty() ? "" : ", ") + std::string(old.name);
    if (value != old.name) continue;
    *precision = old.precision;
    if (*old.note != '\0') *note = value + ": " + old.note + "; a card decides by operator";
    return true;
  }
  *problem = "not \"" + value + "\" but one of " + names;
  return false;
}

bool CheckPrecision(Precision precision, std::string_view soc, std::string* problem) {
  if (precision != Precision::kBfloat16 || HasBfloat16(soc)) return true;
  *problem = "--precision_mode_v2: " + std::string(soc) +
             " has no bfloat16; chips of 310B, 910B, 910_93 and 950 have";
  return false;
}

bool CheckSoc(const std::string& soc, std::string* problem) {
  if (FamilyOf(soc) != ChipFamily::kUnknown) return true;
  *problem = "\"" + soc + "\" is no chip that is known; ";
  const auto near = ChipsLike(soc);
  const auto& names = near.empty() ? KnownChips() : near;
  *problem += near.empty() ? "known are " : "did you mean ";
  for (size_t i = 0; i < names.size(); ++i) {
    *problem += (i == 0 ? "" : near.empty() ? ", " : " or ") + std::string(names[i]);
  }
  if (!near.empty()) *problem += "?";
  return false;
}

}  // namespace hostacl
