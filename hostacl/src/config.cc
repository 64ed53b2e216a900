// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "failure.h"

namespace hostacl {
namespace {

using Json = nlohmann::json;

constexpr int kDeepest = 10;

// The value as a whole number, given as such or as its text; nothing for anything else.
std::optional<long long> WholeNumber(const Json& value) {
  if (value.is_number_integer()) return value.get<long long>();
  if (!value.is_string()) return std::nullopt;
  const std::string text = value.get<std::string>();
  long long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// True when the value nests deeper than `levels`.
bool DeeperThan(int levels, const Json& value) {
  if (!value.is_structured()) return false;
  if (levels == 0) return true;
  return std::any_of(value.begin(), value.end(),
                     [levels](const Json& inner) { return DeeperThan(levels - 1, inner); });
}

aclError CheckDump(const Json& dump) {
  if (!dump.is_object()) return Fail(ACL_ERROR_INVALID_DUMP_CONFIG, "\"dump\" is no object");
  const bool exception = dump.contains("dump_scene");
  if (exception && (dump.contains("dump_list") || dump.value("dump_debug", "off") == "on")) {
    return Fail(ACL_ERROR_INVALID_DUMP_CONFIG,
                "\"dump\": dump_scene does not go with dump_list or dump_debug");
  }
  if (dump.contains("dump_list") && !dump.contains("dump_path")) {
    return Fail(ACL_ERROR_INVALID_DUMP_CONFIG, "\"dump\": dump_list without dump_path");
  }
  return ACL_SUCCESS;
}

aclError CheckProfiler(const Json& profiler) {
  const Json mode = profiler.is_object() ? profiler.value("switch", Json("off")) : Json();
  if (mode == "on" || mode == "off") return ACL_SUCCESS;
  return Fail(ACL_ERROR_INVALID_PROFILING_CONFIG, "\"profiler\": switch is \"on\" or \"off\"");
}

aclError Read(const Json& json, InitConfig* config) {
  if (json.contains("err_msg_mode")) {
    const Json& mode = json["err_msg_mode"];
    if (mode != "0" && mode != "1") {
      return Fail(ACL_ERROR_INVALID_PARAM, "\"err_msg_mode\" is \"0\" or \"1\"");
    }
    config->shared_message = mode == "1";
  }
  if (json.contains("dump")) {
    if (const aclError error = CheckDump(json["dump"])) return error;
  }
  if (json.contains("profiler")) {
    if (const aclError error = CheckProfiler(json["profiler"])) return error;
  }
  if (json.contains("max_opqueue_num")) {
    const auto number = WholeNumber(json["max_opqueue_num"]);
    if (!number || *number <= 0) {
      return Fail(ACL_ERROR_INVALID_MAX_OPQUEUE_NUM_CONFIG, "\"max_opqueue_num\" is above 0");
    }
  }
  if (json.contains("StackSize")) {
    const Json& size = json["StackSize"];
    const auto number = size.is_object() && size.contains("aicore_stack_size")
                            ? WholeNumber(size["aicore_stack_size"])
                            : std::optional<long long>(1);
    if (!size.is_object() || !number || *number <= 0) {
      return Fail(ACL_ERROR_FAILURE, "\"StackSize\": aicore_stack_size is bytes above 0");
    }
  }
  if (json.contains("defaultDevice")) {
    const Json& device = json["defaultDevice"];
    const auto number = device.is_object() && device.contains("default_device")
                            ? WholeNumber(device["default_device"])
                            : std::nullopt;
    if (!number || *number < 0 || *number > 0x7FFF) {
      return Fail(ACL_ERROR_FAILURE, "\"defaultDevice\": default_device is the id of a device");
    }
    config->default_device = static_cast<int>(*number);
  }
  return ACL_SUCCESS;
}

}  // namespace

aclError ReadInitConfig(const char* path, InitConfig* config) {
  *config = InitConfig{};
  if (path == nullptr || *path == '\0') return ACL_SUCCESS;
  std::error_code problem;
  if (!std::filesystem::is_regular_file(path, problem)) {
    return Fail(ACL_ERROR_INVALID_FILE, "aclInit: ", path, " is no file");
  }
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open()) {
    return Fail(ACL_ERROR_INVALID_FILE, "aclInit: cannot read ", path);
  }
  const Json json = Json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object() || DeeperThan(kDeepest, json)) {
    return Fail(ACL_ERROR_PARSE_FILE, "aclInit: ", path,
                " holds no JSON object, or one nested deeper than ", kDeepest);
  }
  try {
    return Read(json, config);
  } catch (const Json::exception& wrong) {  // a value of another type than expected
    return Fail(ACL_ERROR_FILE_ATTR_INVALID, "aclInit: ", path, ": ", wrong.what());
  }
}

}  // namespace hostacl
