// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "runtime.h"

#include <cstdio>
#include <utility>

#include "environment.h"
#include "exception_info.h"
#include "failure.h"
#include "leaks.h"
#include "model.h"

namespace hostacl {
namespace {

thread_local void* bound_context = nullptr;

}  // namespace

Runtime& Runtime::Get() {
  static Runtime* const runtime = new Runtime();
  return *runtime;
}

void Runtime::Bind(void* context_handle) { bound_context = context_handle; }
void* Runtime::bound_handle() { return bound_context; }

aclError Runtime::Init(const InitConfig& config) {
  MutexLock lock(&mutex_);
  if (initialized_) {
    ++references_;
    return Fail(ACL_ERROR_REPEAT_INITIALIZE,
                "aclInit was called before; this may be ignored, the first configuration holds");
  }
  aclError error = MakeDevices();
  if (error == ACL_SUCCESS && config.default_device &&
      static_cast<size_t>(*config.default_device) >= devices_.size()) {
    error = Fail(ACL_ERROR_FAILURE, "aclInit: default_device ", *config.default_device,
                 " does not exist; visible devices: ", devices_.size());
  }
  if (error != ACL_SUCCESS) {
    devices_.clear();
    replay_.reset();
    profile_.reset();
    faults_.reset();
    has_faults_.store(false);
    return error;
  }
  defaults_.assign(devices_.size(), Default{});
  default_device_ = config.default_device;
  ShareRecentMessage(config.shared_message);
  op_wait_seconds_.store(0);
  op_execute_microseconds_.store(0);
  references_ = 1;
  initialized_ = true;
  ready_.store(true);
  finalized_ = false;
  return ACL_SUCCESS;
}

aclError Runtime::Finalize() {
  const TimePoint begin = Clock::now();
  {
    MutexLock lock(&mutex_);
    if (!initialized_) {
      return finalized_ ? Fail(ACL_ERROR_REPEAT_FINALIZE, "aclFinalize was called before")
                        : Fail(ACL_ERROR_UNINITIALIZE, "aclFinalize without aclInit");
    }
    initialized_ = false;
    ready_.store(false);
    finalized_ = true;
    references_ = 0;
    if (faults_ != nullptr) faults_->End();
  }
  // Hangs and waits inside streams end first, then the streams, then what their tasks used.
  report_threads_.Clear();
  SetExceptionCallback(nullptr);
  const std::string leaks = DescribeLeaks(this);
  if (!leaks.empty() && TextVariable("HOSTACL_LEAKS", "on") != "off") {
    std::fprintf(stderr,
                 "hostacl: not given back at aclFinalize: %s (HOSTACL_LEAKS=off silences"
                 " this)\n",
                 leaks.c_str());
  }
  for (const auto& event : events_.All()) event->Abandon();
  for (const auto& stream : streams_.All()) stream->Stop();
  for (const auto& context : contexts_.All()) context->Close();
  streams_.Clear();
  events_.Clear();
  contexts_.Clear();
  std::map<uint32_t, std::shared_ptr<LoadedModel>> models;
  {
    MutexLock lock(&mutex_);
    models.swap(models_);
  }
  models.clear();
  if (profile_ != nullptr) WaitUntil(begin + profile_->finalize());
  MutexLock lock(&mutex_);
  WriteReport();
  WriteEngineLog();
  defaults_.clear();
  devices_.clear();
  replay_.reset();
  engine_log_.reset();
  profile_.reset();
  faults_.reset();
  has_faults_.store(false);
  return ACL_SUCCESS;
}

aclError Runtime::FinalizeReference(uint64_t* left) {
  if (left != nullptr) *left = 0;
  {
    MutexLock lock(&mutex_);
    if (!initialized_) {
      return Fail(ACL_ERROR_REPEAT_FINALIZE, "aclFinalizeReference without an aclInit left");
    }
    if (references_ > 1) {
      --references_;
      if (left != nullptr) *left = references_;
      return ACL_SUCCESS;
    }
  }
  return Finalize();
}

aclError Runtime::CheckInitialized() {
  if (ready_.load()) return ACL_SUCCESS;
  MutexLock lock(&mutex_);
  return Fail(ACL_ERROR_UNINITIALIZE, finalized_ ? "called after aclFinalize; call aclInit again"
                                                 : "called before aclInit");
}

aclError Runtime::FindDevice(int32_t id, Device** device) {
  if (const aclError error = CheckInitialized()) return error;
  MutexLock lock(&mutex_);
  if (id < 0 || static_cast<size_t>(id) >= devices_.size()) {
    return Fail(ACL_ERROR_RT_INVALID_DEVICEID, "device ", id,
                " does not exist; visible devices: ", devices_.size(),
                " (HOSTACL_DEVICES, ASCEND_RT_VISIBLE_DEVICES)");
  }
  *device = devices_[static_cast<size_t>(id)].get();
  return faults_ == nullptr ? ACL_SUCCESS : faults_->CheckDevice(id);
}

bool Runtime::DeviceAt(uint32_t id, Device** device) {
  MutexLock lock(&mutex_);
  if (id >= devices_.size()) return false;
  *device = devices_[id].get();
  return true;
}

uint32_t Runtime::device_count() {
  MutexLock lock(&mutex_);
  return static_cast<uint32_t>(devices_.size());
}

Device* Runtime::OwnerOf(const void* address) {
  MutexLock lock(&mutex_);
  for (const auto& device : devices_) {
    if (device->arena().Owns(address)) return device.get();
  }
  return nullptr;
}

aclError Runtime::SetDevice(int32_t id) {
  Device* device = nullptr;
  if (const aclError error = FindDevice(id, &device)) return error;
  MutexLock lock(&mutex_);
  Default& slot = defaults_[static_cast<size_t>(id)];
  ++slot.users;
  BindDefault(device);
  return ACL_SUCCESS;
}

void Runtime::BindDefault(Device* device) {
  Default& slot = defaults_[static_cast<size_t>(device->id())];
  if (slot.handle == nullptr) {
    slot.handle = contexts_.Insert(std::make_shared<Context>(device, /*is_default=*/true));
  }
  Bind(slot.handle);
}

bool Runtime::MayCreateContext(int32_t id) {
  MutexLock lock(&mutex_);
  return !default_device_ || defaults_[static_cast<size_t>(id)].users > 0;
}

aclError Runtime::ResetDevice(int32_t id, bool force) {
  Device* device = nullptr;
  if (const aclError error = FindDevice(id, &device)) return error;
  std::shared_ptr<Context> doomed;
  {
    MutexLock lock(&mutex_);
    Default& slot = defaults_[static_cast<size_t>(id)];
    if (slot.users == 0) {
      return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtResetDevice: device ", id, " is not set");
    }
    if (slot.users > 1 && !force) {
      --slot.users;
      return ACL_SUCCESS;
    }
  }
  for (const auto& context : contexts_.All()) {
    if (context->device() != device) continue;
    std::string left = Leftovers(context.get());
    if (!context->is_default()) left = "a context";
    if (!left.empty()) {
      return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtResetDevice: device ", id, " still has ", left,
                  "; unload models, destroy streams, then contexts, before the last reset");
    }
  }
  {
    MutexLock lock(&mutex_);
    Default& slot = defaults_[static_cast<size_t>(id)];
    slot.users = 0;
    doomed = contexts_.Remove(slot.handle);
    slot.handle = nullptr;
  }
  if (doomed != nullptr) doomed->Close();
  return ACL_SUCCESS;
}

aclError Runtime::Current(std::shared_ptr<Context>* context) {
  if (const aclError error = CheckInitialized()) return error;
  *context = contexts_.Find(bound_context);
  if (*context != nullptr) return ACL_SUCCESS;
  if (bound_context == nullptr) {
    MutexLock lock(&mutex_);
    if (default_device_ && static_cast<size_t>(*default_device_) < devices_.size()) {
      BindDefault(devices_[static_cast<size_t>(*default_device_)].get());
      *context = contexts_.Find(bound_context);
      return ACL_SUCCESS;
    }
  }
  return Fail(ACL_ERROR_RT_CONTEXT_NULL,
              bound_context == nullptr
                  ? "this thread has no context: call aclrtSetDevice or aclrtSetCurrentContext"
                  : "this thread's context was destroyed: bind a live one");
}

aclError Runtime::FindStream(void* handle, const std::shared_ptr<Context>& context,
                             std::shared_ptr<Stream>* stream) {
  if (handle == nullptr) {
    *stream = context->DefaultStream();
    return ACL_SUCCESS;
  }
  *stream = streams_.Find(handle);
  if (*stream == nullptr) {
    return Fail(ACL_ERROR_RT_INVALID_HANDLE,
                "no live stream has this handle: it was destroyed or"
                " is no stream");
  }
  if ((*stream)->context() != context.get()) {
    return Fail(ACL_ERROR_RT_STREAM_CONTEXT,
                "the stream belongs to another context than the one"
                " that this thread is bound to");
  }
  return ACL_SUCCESS;
}

aclError Runtime::FindEvent(void* handle, std::shared_ptr<Event>* event) {
  *event = events_.Find(handle);
  if (*event != nullptr) return ACL_SUCCESS;
  if (handle == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "the event is null");
  return Fail(ACL_ERROR_RT_INVALID_HANDLE,
              "no live event has this handle: it was destroyed or is"
              " no event");
}

std::string Runtime::Leftovers(const Context* context) {
  int streams = 0;
  for (const auto& stream : streams_.All()) streams += stream->context() == context ? 1 : 0;
  int models = 0;
  for (const auto& model : Models()) models += model->context() == context ? 1 : 0;
  std::string text;
  if (streams > 0) text += std::to_string(streams) + " stream(s) ";
  if (models > 0) text += std::to_string(models) + " loaded model(s)";
  return text;
}

uint32_t Runtime::AddModel(std::shared_ptr<LoadedModel> model) {
  MutexLock lock(&mutex_);
  const uint32_t id = next_model_++;
  models_.emplace(id, std::move(model));
  return id;
}

std::shared_ptr<LoadedModel> Runtime::FindModel(uint32_t id) {
  MutexLock lock(&mutex_);
  const auto it = models_.find(id);
  return it == models_.end() ? nullptr : it->second;
}

void Runtime::RemoveModel(uint32_t id) {
  std::shared_ptr<LoadedModel> doomed;  // destroyed after the lock is released
  MutexLock lock(&mutex_);
  const auto it = models_.find(id);
  if (it == models_.end()) return;
  doomed.swap(it->second);
  models_.erase(it);
}

std::vector<std::shared_ptr<LoadedModel>> Runtime::Models() {
  MutexLock lock(&mutex_);
  std::vector<std::shared_ptr<LoadedModel>> all;
  for (const auto& [id, model] : models_) all.push_back(model);
  return all;
}

}  // namespace hostacl
