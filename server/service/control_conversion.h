// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/time.h"
#include "omserve/v1/control.pb.h"
#include "server/registry/model_repository.h"
#include "server/service/model_catalog.h"

namespace omserve {

// What the control service tells, in its messages.
void ConvertVersion(const ModelVersion& version, v1::ModelVersion& out);
// The caller's own pin is not counted.
void ConvertStats(const ServedModel& model, v1::ModelStats& out);
void ConvertDuration(absl::Duration duration, google::protobuf::Duration& out);

}  // namespace omserve
