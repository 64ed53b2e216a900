// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "pipelines/base/tensor.h"
#include "server/device/device_memory_pool.h"

namespace omserve {

// Rows of one output of one batch: the DeviceTensor of this server. The buffer is shared with the
// other calls of the batch and goes when the last of them lets go. Immutable, thread-safe.
class DeviceRows final : public DeviceTensor {
 public:
  // A buffer with the rows of a batch; shared by the calls that have rows in it.
  struct Block {
    DeviceBuffer buffer;
    int64_t used = 0;      // rows that carry items
    int64_t computed = 0;  // rows with defined content; those after 'used' are padding
  };

  // Rows [first, first + rows) of 'block', which is null only when there are no rows.
  DeviceRows(int device, std::shared_ptr<const Block> block, DType dtype, size_t row_bytes,
             int64_t first, int64_t rows)
      : device_(device),
        block_(std::move(block)),
        dtype_(dtype),
        row_bytes_(row_bytes),
        first_(first),
        rows_(rows) {}

  int device() const override { return device_; }
  DType dtype() const { return dtype_; }
  size_t row_bytes() const { return row_bytes_; }
  int64_t rows() const { return rows_; }

  // The device was reset since.
  bool lost() const { return block_ != nullptr && block_->buffer.lost(); }

  // Address of a row. REQUIRES: row < rows().
  std::byte* row(int64_t row) const {
    return block_->buffer.data() + static_cast<size_t>(first_ + row) * row_bytes_;
  }
  // True when a batch of 'gear' rows may read from row 'first' on in place: it has 'items' rows
  // there, and then at most padding. 'bytes' is what the device may read.
  bool Serves(int64_t first, int64_t items, int64_t gear, size_t bytes) const {
    const bool padded =
        first == 0 && first_ == 0 && items == block_->used && block_->computed >= gear;
    const size_t start = static_cast<size_t>(first_ + first) * row_bytes_;
    return (items == gear || padded) && start % kAlignment == 0 &&
           start + bytes <= block_->buffer.size();
  }

 private:
  static constexpr size_t kAlignment = 64;  // of addresses that a model uses directly

  const int device_;
  const std::shared_ptr<const Block> block_;
  const DType dtype_;
  const size_t row_bytes_;
  const int64_t first_;
  const int64_t rows_;
};

}  // namespace omserve
