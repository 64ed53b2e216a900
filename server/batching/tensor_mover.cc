// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/tensor_mover.h"

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(1);
// 5 GB/s one way and the same again to the other device.
constexpr double kGuess = 2 / 5e9;
// Of the newest move in the average.
constexpr double kWeight = 0.2;
// Moves below this size measure the call, not the copy.
constexpr size_t kMeasurable = 64 << 10;

}  // namespace

TensorMover::TensorMover(DeviceSet& devices, const Clock& clock)
    : staging_(devices.staging()), clock_(clock), seconds_a_byte_(kGuess) {
  for (size_t i = 0; i < devices.size(); ++i) {
    sources_.push_back(std::make_unique<Source>(devices.device(i)));
  }
}

TensorMover::~TensorMover() {
  for (const auto& source : sources_) {
    ScopedBind bind(source->device);
    MutexLock lock(source->mutex);
    source->stream.reset();
  }
}

absl::StatusOr<HostTensor> TensorMover::Fetch(const DeviceRows& rows, int64_t first,
                                              int64_t count) {
  const size_t bytes = static_cast<size_t>(count) * rows.row_bytes();
  for (const auto& of_device : sources_) {
    Source& source = *of_device;
    if (source.device.id() != rows.device()) continue;
    MutexLock lock(source.mutex);  // before the look: a reset comes after Release
    absl::Status failed = source.device.health();
    if (failed.ok() && rows.lost()) failed = absl::UnavailableError("it was reset since");
    if (failed.ok()) {
      ScopedBind bind(source.device);
      failed = bind.status();
      if (failed.ok()) {
        absl::StatusOr<HostTensor> fetched = FetchFrom(source, rows.row(first), bytes);
        if (fetched.ok()) return fetched;
        failed = fetched.status();
      }
    }
    // Without ACL's number: it would be taken for an error of the device that wants the rows.
    return absl::UnavailableError(
        absl::StrCat("rows did not come from device ", rows.device(), ": ", failed.message()));
  }
  return absl::InternalError(absl::StrCat("there is no device ", rows.device()));
}

absl::StatusOr<HostTensor> TensorMover::FetchFrom(Source& source, const std::byte* from,
                                                  size_t bytes) {
  OMSERVE_ASSIGN_OR_RETURN(HostTensor host,
                           staging_.TryAllocate(DType::kUint8, {static_cast<int64_t>(bytes)}));
  if (source.stream == nullptr) {
    OMSERVE_ASSIGN_OR_RETURN(Stream stream, Stream::Create(source.device));
    source.stream = std::make_unique<Stream>(std::move(stream));
  }
  const absl::Time start = clock_.Now();
  OMSERVE_RETURN_IF_ERROR(source.stream->CopyToHost(host.data(), from, bytes));
  if (const absl::Status moved = source.stream->Synchronize(kLimit); !moved.ok()) {
    source.stuck.push_back(std::move(host));
    return moved;
  }
  if (bytes >= kMeasurable) {
    // The way to the other device takes about as long.
    const double seconds =
        2 * absl::ToDoubleSeconds(clock_.Now() - start) / static_cast<double>(bytes);
    const double before = seconds_a_byte_.load();
    seconds_a_byte_.store(before + kWeight * (seconds - before));
  }
  return host;
}

absl::Status TensorMover::Release(size_t device) {
  Source& source = *sources_[device];
  MutexLock lock(source.mutex);
  if (!source.stuck.empty()) return absl::UnavailableError("a copy from the device never ended");
  ScopedBind bind(source.device);
  source.stream.reset();
  return absl::OkStatus();
}

absl::Duration TensorMover::CostOf(size_t bytes) const {
  return absl::Seconds(seconds_a_byte_.load() * static_cast<double>(bytes));
}

}  // namespace omserve
