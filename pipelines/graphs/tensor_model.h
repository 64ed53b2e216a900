// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipelines/image/image_input.h"

namespace omserve {

// Numbers of a model that is served as it is: none but those that all pipelines have.
struct TensorConfig {
  ImageLimits limits;
};

// A pipeline without steps: one stage, whose tensors are the caller's. A value.
struct TensorModel {};

}  // namespace omserve
