// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/copy_speed.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/time/time.h"
#include "pipelines/base/status_macros.h"
#include "server/device/event.h"
#include "server/device/stream.h"

namespace omserve {
namespace {

constexpr size_t kLarge = 32 << 20;  // bytes
constexpr size_t kSmall = 64;
constexpr int kTimes = 7;
constexpr absl::Duration kLimit = absl::Minutes(1);

// Median of some copies of 'bytes'.
template <typename Copy>
absl::StatusOr<absl::Duration> Time(const Device& device, Stream& stream, size_t bytes,
                                    const Copy& copy) {
  OMSERVE_ASSIGN_OR_RETURN(Event start, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event end, Event::Create(device));
  std::vector<absl::Duration> samples;
  for (int i = 0; i < kTimes; ++i) {
    OMSERVE_RETURN_IF_ERROR(stream.Record(start));
    const absl::Status queued = copy(bytes);
    const absl::Status recorded = stream.Record(end);
    OMSERVE_RETURN_IF_ERROR(stream.Synchronize(kLimit));
    OMSERVE_RETURN_IF_ERROR(queued);
    OMSERVE_RETURN_IF_ERROR(recorded);
    OMSERVE_ASSIGN_OR_RETURN(const absl::Duration took, Event::Elapsed(start, end));
    samples.push_back(took);
  }
  std::nth_element(samples.begin(), samples.begin() + kTimes / 2, samples.end());
  return samples[kTimes / 2];
}

template <typename Copy>
absl::StatusOr<CopyWaySpeed> Measure(const Device& device, Stream& stream, const Copy& copy) {
  OMSERVE_ASSIGN_OR_RETURN(const absl::Duration small, Time(device, stream, kSmall, copy));
  OMSERVE_ASSIGN_OR_RETURN(const absl::Duration large, Time(device, stream, kLarge, copy));
  CopyWaySpeed speed;
  speed.latency_us = absl::ToDoubleMicroseconds(small);
  const double seconds = absl::ToDoubleSeconds(large - small);
  // 0 says: as fast as you like.
  if (seconds > 0) speed.gb_per_s = static_cast<double>(kLarge - kSmall) / seconds / 1e9;
  return speed;
}

}  // namespace

absl::StatusOr<CopySpeed> MeasureCopies(DeviceSet& devices, size_t index) {
  Device& device = devices.device(index);
  OMSERVE_ASSIGN_OR_RETURN(DeviceBuffer from, device.memory_pool().Allocate(kLarge));
  OMSERVE_ASSIGN_OR_RETURN(DeviceBuffer to, device.memory_pool().Allocate(kLarge));
  OMSERVE_ASSIGN_OR_RETURN(HostTensor host, devices.staging().TryAllocate(DType::kUint8, {kLarge}));
  std::memset(host.data(), 0, kLarge);
  OMSERVE_ASSIGN_OR_RETURN(Stream stream, Stream::Create(device));
  CopySpeed speed;
  OMSERVE_ASSIGN_OR_RETURN(speed.h2d, Measure(device, stream, [&](size_t bytes) {
                             return stream.CopyToDevice(from.data(), host.data(), bytes);
                           }));
  OMSERVE_ASSIGN_OR_RETURN(speed.d2d, Measure(device, stream, [&](size_t bytes) {
                             return stream.CopyOnDevice(to.data(), from.data(), bytes);
                           }));
  OMSERVE_ASSIGN_OR_RETURN(speed.d2h, Measure(device, stream, [&](size_t bytes) {
                             return stream.CopyToHost(host.data(), from.data(), bytes);
                           }));
  return speed;
}

}  // namespace omserve
