// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace omserve {

// Runs a block that calls OpenCV on the calling thread alone (OpenCV's own threads stay off) and
// turns an exception into a status: no memory into RESOURCE_EXHAUSTED, anything else into INTERNAL.
// The one place of the house that catches. Thread-safe.
absl::Status RunOpenCv(absl::FunctionRef<void()> block);

}  // namespace omserve
