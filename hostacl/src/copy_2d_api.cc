// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The copies of acl/acl_rt.h that are made of rows, or that choose when to return.
#include <memory>
#include <vector>

#include "acl/acl_rt.h"
#include "call.h"
#include "copy.h"
#include "failure.h"
#include "runtime.h"

using hostacl::CallKind;
using hostacl::Context;
using hostacl::Copy;
using hostacl::EnterCall;
using hostacl::Fail;
using hostacl::Runtime;
using hostacl::Stream;
using hostacl::TaskTime;

namespace {

struct Area {
  void* to;
  size_t to_pitch;
  const void* from;
  size_t from_pitch;
  size_t width;
  size_t height;
  aclrtMemcpyKind kind;
};

// What may be in a cache: device memory of its own size.
aclError CheckCached(const char* function, hostacl::Device* device, const void* address,
                     size_t size) {
  if (address == nullptr || size == 0) {
    return Fail(ACL_ERROR_INVALID_PARAM, function, ": null pointer or size 0");
  }
  if (device->arena().Resolve(address, size) != nullptr) return ACL_SUCCESS;
  return Fail(ACL_ERROR_RT_PARAM_INVALID, function, ": no live device memory");
}

// One Copy for each row; nothing is copied when one of them is refused.
aclError PrepareRows(const char* function, const Area& area, Context* context, const Stream* queue,
                     std::vector<std::unique_ptr<Copy>>* rows) {
  if (area.to == nullptr || area.from == nullptr || area.width == 0 || area.height == 0 ||
      area.width > area.to_pitch || area.width > area.from_pitch) {
    return Fail(ACL_ERROR_INVALID_PARAM, function,
                ": null pointer, no rows, or rows wider than their pitch");
  }
  if (area.kind != ACL_MEMCPY_HOST_TO_DEVICE && area.kind != ACL_MEMCPY_DEVICE_TO_HOST &&
      area.kind != ACL_MEMCPY_DEFAULT) {
    return Fail(ACL_ERROR_INVALID_PARAM, function, ": only between host and device, not kind ",
                static_cast<int>(area.kind));
  }
  const bool to_device = Runtime::Get().OwnerOf(area.to) != nullptr;
  const bool from_device = Runtime::Get().OwnerOf(area.from) != nullptr;
  if (to_device == from_device) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, function,
                ": one of the addresses is to be the device's, the other the host's");
  }
  for (size_t row = 0; row < area.height; ++row) {
    rows->push_back(std::make_unique<Copy>(
        static_cast<char*>(area.to) + row * area.to_pitch, area.width,
        static_cast<const char*>(area.from) + row * area.from_pitch, area.width, area.kind));
    if (const aclError error = rows->back()->Prepare(context, queue)) return error;
  }
  return ACL_SUCCESS;
}

aclError RunRows(const std::vector<std::unique_ptr<Copy>>& rows, TaskTime* time) {
  for (const auto& row : rows) {
    time->ready = time->end;
    if (const aclError error = row->Run(time)) return error;
  }
  return ACL_SUCCESS;
}

}  // namespace

aclError aclrtMemcpy2d(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width,
                       size_t height, aclrtMemcpyKind kind) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  const Area area{dst, dpitch, src, spitch, width, height, kind};
  std::vector<std::unique_ptr<Copy>> rows;
  if (const aclError error = PrepareRows(__func__, area, context.get(), /*queue=*/nullptr, &rows)) {
    return error;
  }
  const auto now = hostacl::Clock::now();
  TaskTime time{.ready = now, .end = now};
  return RunRows(rows, &time);
}

aclError aclrtMemcpy2dAsync(void* dst, size_t dpitch, const void* src, size_t spitch, size_t width,
                            size_t height, aclrtMemcpyKind kind, aclrtStream handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<Stream> stream;
  if (const aclError error = Runtime::Get().FindStream(handle, context, &stream)) return error;
  const Area area{dst, dpitch, src, spitch, width, height, kind};
  auto rows = std::make_shared<std::vector<std::unique_ptr<Copy>>>();
  if (const aclError error = PrepareRows(__func__, area, context.get(), stream.get(), rows.get())) {
    return error;
  }
  return stream->Submit([rows](TaskTime* time) -> aclError { return RunRows(*rows, time); });
}

aclError aclrtMemcpyAsyncWithCondition(void* dst, size_t destMax, const void* src, size_t count,
                                       aclrtMemcpyKind kind, aclrtStream handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<Stream> stream;
  if (const aclError error = Runtime::Get().FindStream(handle, context, &stream)) return error;
  // Pageable host memory is copied before the return, in the stream's turn.
  bool pageable = false;
  for (const void* address : {static_cast<const void*>(dst), src}) {
    pageable = pageable || (Runtime::Get().OwnerOf(address) == nullptr &&
                            !Runtime::Get().IsPinnedHost(address, count));
  }
  auto copy = std::make_shared<Copy>(dst, destMax, src, count, kind);
  if (const aclError error = copy->Prepare(context.get(), stream.get(), pageable)) return error;
  const aclError error =
      stream->Submit([copy](TaskTime* time) -> aclError { return copy->Run(time); });
  copy.reset();
  if (error != ACL_SUCCESS || !pageable) return error;
  stream->Wait(std::nullopt);
  return stream->context()->Health();
}

aclError aclrtMemFlush(void* devPtr, size_t size) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  return CheckCached(__func__, context->device(), devPtr, size);
}

aclError aclrtMemInvalidate(void* devPtr, size_t size) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  return CheckCached(__func__, context->device(), devPtr, size);
}
