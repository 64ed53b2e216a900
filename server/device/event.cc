// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/event.h"

#include "pipelines/base/status_macros.h"
#include "server/device/acl_status.h"

namespace omserve {

absl::StatusOr<Event> Event::Create(const Device& device) {
  const AclApi& api = device.api();
  aclrtEvent event = nullptr;
  constexpr uint32_t kFlags = ACL_EVENT_SYNC | ACL_EVENT_TIME_LINE;
  const aclError error = api.aclrtCreateEventExWithFlag != nullptr
                             ? api.aclrtCreateEventExWithFlag(&event, kFlags)
                             : api.aclrtCreateEventWithFlag(&event, kFlags);
  OMSERVE_RETURN_IF_ERROR(AclStatus(api, error, "making an event"));
  return Event(&api, event);
}

Event::~Event() {
  if (event_ != nullptr) api_->aclrtDestroyEvent(event_);
}

bool Event::Happened() const {
  if (api_->aclrtQueryEventStatus == nullptr) return false;
  aclrtEventRecordedStatus status = ACL_EVENT_RECORDED_STATUS_NOT_READY;
  return api_->aclrtQueryEventStatus(event_, &status) == ACL_SUCCESS &&
         status == ACL_EVENT_RECORDED_STATUS_COMPLETE;
}

absl::StatusOr<absl::Duration> Event::Elapsed(const Event& start, const Event& end) {
  float milliseconds = 0;
  const aclError error = start.api_->aclrtEventElapsedTime(&milliseconds, start.event_, end.event_);
  OMSERVE_RETURN_IF_ERROR(AclStatus(*start.api_, error, "reading the time between two events"));
  return absl::Milliseconds(static_cast<double>(milliseconds));
}

}  // namespace omserve
