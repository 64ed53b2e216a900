// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "pipelines/graphs/model_runner.h"
#include "server/device/model_info.h"

namespace omserve {

// INVALID_ARGUMENT, naming what is wrong, when a call does not fit the stage.
absl::Status CheckCall(const StageCall& call, const ModelInfo& model);

}  // namespace omserve
