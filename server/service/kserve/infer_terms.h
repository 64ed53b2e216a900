// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "server/service/call_terms.h"
#include "server/service/kserve/infer_parameters.h"

namespace omserve::kserve {

// Adds what the parameters of a request say to what the metadata of its call say:
//   timeout   microseconds from the arrival, above 0 (0 is none); the shorter budget holds
//   priority  0 none, 1 interactive, 2 and above batch
// Parameters of sequences are refused, as each request is answered by itself. Errors are in
// 'parameters'.
CallTerms AddTerms(CallTerms terms, ParameterReader& parameters);

}  // namespace omserve::kserve
