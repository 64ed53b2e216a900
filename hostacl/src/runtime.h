// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acl/acl_base.h"
#include "config.h"
#include "context.h"
#include "device.h"
#include "engine_log.h"
#include "event.h"
#include "fault_plan.h"
#include "handle_table.h"
#include "mutex.h"
#include "profile.h"
#include "replay.h"
#include "report.h"
#include "stream.h"

namespace hostacl {

class LoadedModel;

// All state of the process between aclInit and aclFinalize. One instance, never destroyed, so that
// no static destructor races with a stream's thread. Thread-safe.
class Runtime {
 public:
  static Runtime& Get();

  // A repeat is counted and gives 100002.
  aclError Init(const InitConfig& config) HOSTACL_EXCLUDES(mutex_);
  aclError Finalize() HOSTACL_EXCLUDES(mutex_);
  // Takes one Init back; the last one finalizes. `left` (may be null): the count that remains.
  aclError FinalizeReference(uint64_t* left) HOSTACL_EXCLUDES(mutex_);
  // Success between the two; otherwise the code of a call outside.
  aclError CheckInitialized() HOSTACL_EXCLUDES(mutex_);

  // The device of a visible id.
  aclError FindDevice(int32_t id, Device** device) HOSTACL_EXCLUDES(mutex_);
  uint32_t device_count() HOSTACL_EXCLUDES(mutex_);
  // FindDevice, also while the process ends. False when there is none.
  bool DeviceAt(uint32_t id, Device** device) HOSTACL_EXCLUDES(mutex_);
  // The device whose address range holds `address`, or null.
  Device* OwnerOf(const void* address) HOSTACL_EXCLUDES(mutex_);

  aclError SetDevice(int32_t id) HOSTACL_EXCLUDES(mutex_);
  // `force`: as if the device were set once.
  aclError ResetDevice(int32_t id, bool force) HOSTACL_EXCLUDES(mutex_);

  // The calling thread's context; 107002 without one, 100001 before aclInit.
  aclError Current(std::shared_ptr<Context>* context) HOSTACL_EXCLUDES(mutex_);
  // False where the configured default device has no aclrtSetDevice of the program yet.
  bool MayCreateContext(int32_t id) HOSTACL_EXCLUDES(mutex_);
  static void Bind(void* context_handle);
  static void* bound_handle();

  // `handle` null means the context's default stream; 107003 for a stream of another context.
  aclError FindStream(void* handle, const std::shared_ptr<Context>& context,
                      std::shared_ptr<Stream>* stream);
  aclError FindEvent(void* handle, std::shared_ptr<Event>* event);
  // What a context still holds, in words; empty when nothing.
  std::string Leftovers(const Context* context);

  uint32_t AddModel(std::shared_ptr<LoadedModel> model) HOSTACL_EXCLUDES(mutex_);
  std::shared_ptr<LoadedModel> FindModel(uint32_t id) HOSTACL_EXCLUDES(mutex_);
  void RemoveModel(uint32_t id) HOSTACL_EXCLUDES(mutex_);
  std::vector<std::shared_ptr<LoadedModel>> Models() HOSTACL_EXCLUDES(mutex_);

  HandleTable<Context>& contexts() { return contexts_; }
  HandleTable<Stream>& streams() { return streams_; }
  HandleTable<Event>& events() { return events_; }
  ReportThreads& report_threads() { return report_threads_; }
  // How long a stream waits for an event; zero: for ever.
  std::atomic<uint32_t>& op_wait_seconds() { return op_wait_seconds_; }
  // How long a task may run; zero: the longest.
  std::atomic<uint64_t>& op_execute_microseconds() { return op_execute_microseconds_; }
  // What the fault plan has for the call `function` of this thread, on its context's device; to be
  // asked first thing. Success without HOSTACL_FAULTS.
  aclError AtCall(const char* function) HOSTACL_EXCLUDES(mutex_);
  // The chip of device 0; before aclInit, of the device that it would be. Null when there is none.
  const char* SocName() HOSTACL_EXCLUDES(mutex_);
  // Null without a profile that asks for replay.
  ReplayStore* replay() { return replay_.get(); }

  // Page-locked host memory.
  void* MallocHost(size_t size) HOSTACL_EXCLUDES(mutex_);
  // False when it is no start of a live block, or queued work uses it: then `users` is above 0.
  bool FreeHost(void* address, int* users) HOSTACL_EXCLUDES(mutex_);
  // IsPinnedHost, and keeps the block from being freed until UnpinHost.
  bool PinHost(const void* address, size_t size) HOSTACL_EXCLUDES(mutex_);
  void UnpinHost(const void* address) HOSTACL_EXCLUDES(mutex_);
  Arena::Usage PinnedHost() HOSTACL_EXCLUDES(mutex_);
  bool IsPinnedHost(const void* address, size_t size) HOSTACL_EXCLUDES(mutex_);
  // True when the range begins in a page-locked block and runs over its end.
  bool LeavesPinnedHost(const void* address, size_t size) HOSTACL_EXCLUDES(mutex_);

 private:
  // A device's implicit context, shared by all threads that set the device.
  struct Default {
    void* handle = nullptr;
    int users = 0;  // SetDevice minus ResetDevice
  };

  struct HostBlock {
    size_t size = 0;
    int users = 0;  // queued copies
  };

  Runtime() = default;

  // The page-locked block that the range begins in, or its end; null when there is none.
  HostBlock* FindHostBlock(const void* address, size_t* inside) HOSTACL_REQUIRES(mutex_);

  // Binds the calling thread to the device's default context, which is made when there is none.
  void BindDefault(Device* device) HOSTACL_REQUIRES(mutex_);
  // The devices as environment, profile and fault plan have them.
  aclError MakeDevices() HOSTACL_REQUIRES(mutex_);
  // What the engines did, to the files of HOSTACL_PROFILE_REPORT and HOSTACL_ENGINE_LOG.
  void WriteReport() HOSTACL_REQUIRES(mutex_);
  void WriteEngineLog() HOSTACL_REQUIRES(mutex_);

  Mutex mutex_;
  std::atomic<bool> ready_{false};  // initialized_, for those who only ask
  bool initialized_ HOSTACL_GUARDED_BY(mutex_) = false;
  uint64_t references_ HOSTACL_GUARDED_BY(mutex_) = 0;
  std::optional<int> default_device_ HOSTACL_GUARDED_BY(mutex_);
  bool finalized_ HOSTACL_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Device>> devices_ HOSTACL_GUARDED_BY(mutex_);
  std::vector<Default> defaults_ HOSTACL_GUARDED_BY(mutex_);
  std::map<uint32_t, std::shared_ptr<LoadedModel>> models_ HOSTACL_GUARDED_BY(mutex_);
  uint32_t next_model_ HOSTACL_GUARDED_BY(mutex_) = 1;
  std::map<uintptr_t, HostBlock> pinned_ HOSTACL_GUARDED_BY(mutex_);  // by address
  std::unique_ptr<Profile> profile_;       // set by Init, before any device exists
  std::unique_ptr<ReplayStore> replay_;    // as profile_
  std::unique_ptr<EngineLog> engine_log_;  // as profile_
  // Shared with the calls that ask it while aclFinalize lets go of it.
  std::shared_ptr<FaultPlan> faults_ HOSTACL_GUARDED_BY(mutex_);
  std::atomic<bool> has_faults_ = false;
  HandleTable<Context> contexts_{1};
  HandleTable<Stream> streams_{2};
  HandleTable<Event> events_{3};
  ReportThreads report_threads_;
  std::atomic<uint32_t> op_wait_seconds_{0};
  std::atomic<uint64_t> op_execute_microseconds_{0};
};

}  // namespace hostacl
