// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "server/device/device_set.h"

namespace omserve {

// What a copy takes: latency + bytes / bandwidth. A value.
struct CopyWaySpeed {
  double latency_us = 0;
  double gb_per_s = 0;  // 10^9 bytes
};

// Between page-locked memory and the device, and on the device.
struct CopySpeed {
  CopyWaySpeed h2d, d2h, d2d;
};

// Medians of a small and a large copy each way, by the device's clock. The calling thread is bound
// to the device. Errors are ACL's; RESOURCE_EXHAUSTED without 64 MiB on the device.
absl::StatusOr<CopySpeed> MeasureCopies(DeviceSet& devices, size_t index);

}  // namespace omserve
