// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/submit_burst.h"

namespace omserve {
namespace {

thread_local SubmitBurst* innermost = nullptr;

}  // namespace

SubmitBurst::SubmitBurst(BatchEngine& engine) : engine_(engine), outer_(innermost) {
  innermost = this;
}

SubmitBurst::~SubmitBurst() {
  innermost = outer_;
  if (holds_) engine_.Look();
}

bool SubmitBurst::Holds(const BatchEngine& engine) {
  if (innermost == nullptr || &innermost->engine_ != &engine) return false;
  innermost->holds_ = true;
  return true;
}

}  // namespace omserve
