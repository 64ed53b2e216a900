// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/shadow_check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "pipelines/base/clock.h"
#include "pipelines/base/float16.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

// The check is given up when the device has no time for it.
constexpr absl::Duration kLimit = absl::Seconds(10);

float Value(const HostTensor& tensor, size_t i) {
  return tensor.dtype() == DType::kFloat32 ? tensor.as<float>()[i]
                                           : HalfToFloat(tensor.as<uint16_t>()[i]);
}

HostTensor FirstRow(const HostTensor& tensor, TensorAllocator& allocator) {
  Shape shape = tensor.shape();
  shape[0] = 1;
  HostTensor row = allocator.Allocate(tensor.dtype(), std::move(shape));
  std::memcpy(row.data(), tensor.data(), row.bytes());
  return row;
}

}  // namespace

// Goes when its call has ended.
struct ShadowCheck::Check {
  std::string stage;  // outlives the call, which views it
  StageCall call;
  std::vector<HostTensor> expected;
  RequestContext context;

  Check() : context(Clock::Real(), Clock::Real().Now() + kLimit) {
    context.set_priority(Priority::kBatch);
  }
};

ShadowCheck::ShadowCheck(std::string model, ModelRunner& runner, const EngineOptions& options,
                         BatchObserver& observer)
    : model_(std::move(model)),
      runner_(runner),
      rate_(options.shadow_rate),
      tolerance_(options.shadow_tolerance),
      observer_(observer) {}

bool ShadowCheck::Wants(const StageCall& call) {
  if (rate_ <= 0 || call.alone || call.items == 0 || call.fetch.empty()) return false;
  const bool on_host = std::all_of(call.inputs.begin(), call.inputs.end(),
                                   [](const StageTensor& t) { return t.device == nullptr; });
  if (!on_host) return false;
  // Evenly: the count of whole samples grows by one.
  const auto count = static_cast<double>(calls_.fetch_add(1));
  return std::floor((count + 1) * rate_) > std::floor(count * rate_);
}

ModelRunner::Done ShadowCheck::Watch(const StageCall& call, ModelRunner::Done done) {
  auto check = std::make_shared<Check>();
  check->stage = std::string(call.stage);
  check->call.stage = check->stage;
  check->call.items = 1;
  check->call.fetch = call.fetch;
  check->call.alone = true;
  for (const StageTensor& input : call.inputs) {
    StageTensor row;
    row.host = FirstRow(input.host, runner_.allocator());
    check->call.inputs.push_back(std::move(row));
  }
  return [this, check = std::move(check),
          done = std::move(done)](absl::StatusOr<StageResult> result) mutable {
    if (result.ok()) {
      for (const int output : check->call.fetch) {
        const HostTensor& host = result->outputs[static_cast<size_t>(output)].host;
        check->expected.push_back(FirstRow(host, TensorAllocator::Heap()));
      }
      RunAgain(std::move(check));
    }
    done(std::move(result));
  };
}

void ShadowCheck::RunAgain(std::shared_ptr<Check> check) {
  RequestContext& context = check->context;
  const std::vector<int> fetched = check->call.fetch;
  StageCall call = std::move(check->call);
  runner_.Submit(std::move(call), context,
                 [this, check = std::move(check), fetched](absl::StatusOr<StageResult> alone) {
                   if (alone.ok()) Compare(*check, fetched, *alone);
                   runner_.Leave(check->context, alone.ok());
                 });
}

void ShadowCheck::Compare(const Check& check, const std::vector<int>& fetched,
                          const StageResult& alone) {
  double worst = 0;
  for (size_t i = 0; i < fetched.size(); ++i) {
    const HostTensor& host = alone.outputs[static_cast<size_t>(fetched[i])].host;
    worst = std::max(worst, Difference(check.expected[i], host));
  }
  const bool equal = worst <= tolerance_;
  observer_.OnShadowCheck(model_, check.stage, equal);
  if (equal) return;
  spdlog::error(
      "shadow check: model={} stage={}: an item gave another answer alone than in its "
      "batch, difference {} (limit {})",
      model_, check.stage, worst, tolerance_);
}

double ShadowCheck::Difference(const HostTensor& one, const HostTensor& other) {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  const bool real = one.dtype() == DType::kFloat32 || one.dtype() == DType::kFloat16;
  if (!real) {
    return std::memcmp(one.data(), other.data(), other.row_bytes()) == 0 ? 0 : kNever;
  }
  double largest = 0;
  double difference = 0;
  const size_t values = other.row_bytes() / DTypeSize(other.dtype());
  for (size_t i = 0; i < values; ++i) {
    const double a = Value(one, i);
    const double b = Value(other, i);
    if (std::isnan(a) && std::isnan(b)) continue;
    if (std::isnan(a) != std::isnan(b)) return kNever;
    if (!std::isinf(a) && !std::isinf(b)) largest = std::max({largest, std::abs(a), std::abs(b)});
    if (a == b) continue;  // also equal infinities
    difference = std::max(difference, std::abs(a - b));
  }
  return difference == 0 ? 0 : difference / largest;
}

}  // namespace omserve
