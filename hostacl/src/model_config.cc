// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "model_config.h"

#include <cstring>
#include <vector>

#include "failure.h"

namespace hostacl {
namespace {

// The value of type T, when `size` is its size.
template <typename T>
bool Take(const void* value, size_t size, T* to) {
  if (size != sizeof(T)) return false;
  std::memcpy(to, value, sizeof(T));
  return true;
}

aclError BadValue(int attr, size_t size) {
  return Fail(ACL_ERROR_INVALID_PARAM, "attribute ", attr, " is unknown, does not take a value of ",
              size, " bytes, or the value is out of range; a pointer is given by its address");
}

bool TakePriority(const void* value, size_t size) {
  int32_t priority = 0;
  return Take(value, size, &priority) && priority >= 0 && priority <= 7;
}

bool TakePath(const void* value, size_t size, std::string* path) {
  const char* text = nullptr;
  if (!Take(value, size, &text) || text == nullptr) return false;
  *path = text;
  return true;
}

}  // namespace

HandleTable<LoadConfig>& LoadConfigs() {
  static auto& table = *new HandleTable<LoadConfig>(7);
  return table;
}

HandleTable<ExecConfig>& ExecConfigs() {
  static auto& table = *new HandleTable<ExecConfig>(8);
  return table;
}

aclError SetLoadOption(LoadConfig* config, aclmdlConfigAttr attr, const void* value, size_t size) {
  size_t number = 0;
  std::string ignored;
  bool good = false;
  switch (attr) {
    case ACL_MDL_PRIORITY_INT32:
      good = TakePriority(value, size);
      break;
    case ACL_MDL_LOAD_TYPE_SIZET:
      good = Take(value, size, &number) && number >= ACL_MDL_LOAD_FROM_FILE &&
             number <= ACL_MDL_LOAD_FROM_MEM_WITH_Q;
      if (good) config->load_type = number;
      break;
    case ACL_MDL_PATH_PTR:
      good = TakePath(value, size, &config->path);
      break;
    case ACL_MDL_MEM_ADDR_PTR:
      good = Take(value, size, &config->model);
      break;
    case ACL_MDL_MEM_SIZET:
      good = Take(value, size, &config->model_size);
      break;
    case ACL_MDL_WEIGHT_ADDR_PTR:
      good = Take(value, size, &config->weight);
      break;
    case ACL_MDL_WEIGHT_SIZET:
      good = Take(value, size, &config->weight_size);
      break;
    case ACL_MDL_WORKSPACE_ADDR_PTR:
      good = Take(value, size, &config->work);
      break;
    case ACL_MDL_WORKSPACE_SIZET:
      good = Take(value, size, &config->work_size);
      break;
    case ACL_MDL_WORKSPACE_MEM_OPTIMIZE:
      good = Take(value, size, &number) && number <= ACL_WORKSPACE_MEM_OPTIMIZE_INPUTOUTPUT;
      break;
    case ACL_MDL_WEIGHT_PATH_PTR:
      good = TakePath(value, size, &ignored);  // our models carry their weights
      break;
    case ACL_MDL_MEM_MALLOC_POLICY_SIZET:
      good = Take(value, size, &number);
      break;
    default:
      if (attr >= ACL_MDL_PRIORITY_INT32 && attr <= ACL_MDL_FIFO_SIZET) {
        return Fail(ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "aclmdlSetConfigOpt: attribute ",
                    static_cast<int>(attr), " (queues, executable-only models) is not supported");
      }
  }
  if (!good) return BadValue(attr, size);
  config->set.insert(attr);
  return ACL_SUCCESS;
}

aclError SetExecOption(ExecConfig* config, aclmdlExecConfigAttr attr, const void* value,
                       size_t size) {
  int32_t timeout = 0;
  switch (attr) {
    case ACL_MDL_STREAM_SYNC_TIMEOUT:
    case ACL_MDL_EVENT_SYNC_TIMEOUT:
      if (!Take(value, size, &timeout) || timeout == 0 || timeout < -1) {
        return BadValue(attr, size);
      }
      (attr == ACL_MDL_STREAM_SYNC_TIMEOUT ? config->stream_timeout : config->event_timeout) =
          timeout;
      return ACL_SUCCESS;
    case ACL_MDL_WORK_ADDR_PTR:
      return Take(value, size, &config->work) ? ACL_SUCCESS : BadValue(attr, size);
    case ACL_MDL_WORK_SIZET:
      return Take(value, size, &config->work_size) ? ACL_SUCCESS : BadValue(attr, size);
    case ACL_MDL_MPAIMID_SIZET:
    case ACL_MDL_AICQOS_SIZET:
    case ACL_MDL_AICOST_SIZET:
    case ACL_MDL_MEC_TIMETHR_SIZET:
      return Fail(ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "aclmdlSetExecConfigOpt: attribute ",
                  static_cast<int>(attr), " is reserved");
  }
  return BadValue(attr, size);
}

aclError CheckComplete(const LoadConfig& config) {
  std::vector<aclmdlConfigAttr> needed;
  switch (config.load_type) {
    case ACL_MDL_LOAD_FROM_FILE:
    case ACL_MDL_LOAD_FROM_FILE_WITH_MEM:
      needed = {ACL_MDL_PATH_PTR};
      break;
    case ACL_MDL_LOAD_FROM_MEM:
    case ACL_MDL_LOAD_FROM_MEM_WITH_MEM:
      needed = {ACL_MDL_MEM_ADDR_PTR, ACL_MDL_MEM_SIZET};
      break;
    case ACL_MDL_LOAD_FROM_FILE_WITH_Q:
    case ACL_MDL_LOAD_FROM_MEM_WITH_Q:
      return Fail(ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
                  "aclmdlLoadWithConfig: models fed by queues are not supported");
    default:
      return Fail(ACL_ERROR_INVALID_PARAM,
                  "aclmdlLoadWithConfig: ACL_MDL_LOAD_TYPE_SIZET was not set");
  }
  for (const aclmdlConfigAttr attr : needed) {
    if (config.set.contains(attr)) continue;
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlLoadWithConfig: load type ", config.load_type,
                " needs attribute ", static_cast<int>(attr), ", which was not set");
  }
  return ACL_SUCCESS;
}

}  // namespace hostacl
