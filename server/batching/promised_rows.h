// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "server/batching/device_rows.h"
#include "server/batching/pending_call.h"

namespace omserve {

// Rows that a call under way will leave on its device. Immutable, thread-safe.
class PromisedRows final : public DeviceTensor {
 public:
  PromisedRows(std::shared_ptr<const PendingCall> producer, size_t output)
      : producer_(std::move(producer)), output_(output) {}

  // -1 while nobody knows.
  int device() const override {
    const auto rows = Rows();
    return rows == nullptr ? -1 : rows->device();
  }
  const PendingCall& producer() const { return *producer_; }
  DType dtype() const { return producer_->info().outputs[output_].dtype; }
  size_t row_bytes() const { return producer_->info().outputs[output_].row_bytes; }
  int64_t rows() const { return producer_->call().items; }

  // Null until the producer's batch was queued.
  std::shared_ptr<const DeviceRows> Rows() const { return producer_->kept(output_); }

 private:
  const std::shared_ptr<const PendingCall> producer_;
  const size_t output_;
};

// The rows behind a tensor of this server's making; null when there are none (yet).
inline std::shared_ptr<const DeviceRows> RowsOf(const StageTensor& tensor) {
  if (const auto* promised = dynamic_cast<const PromisedRows*>(tensor.device.get())) {
    return promised->Rows();
  }
  return std::dynamic_pointer_cast<const DeviceRows>(tensor.device);
}

}  // namespace omserve
