// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "acl/acl_mdl.h"
#include "model.h"

namespace hostacl {

// Puts the shapes of one execution into `model`, when its shapes are open: those that
// aclmdlSetDatasetTensorDesc gave `input`. The outputs' shapes go into `output`, where
// aclmdlGetDatasetTensorDesc finds them. 145021 for a shape that is missing, of another rank or out
// of its range; a dataset that is none is left to Execution::Prepare.
aclError TakeRunShapes(const aclmdlDataset* input, aclmdlDataset* output,
                       std::shared_ptr<LoadedModel>* model);

}  // namespace hostacl
