// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "omserve/v1/vision.pb.h"
#include "pipelines/graphs/text_line.h"

namespace omserve {

// What was read, as it goes over the wire.
void ConvertText(ReadTextResult result, v1::ReadTextResponse& out);

}  // namespace omserve
