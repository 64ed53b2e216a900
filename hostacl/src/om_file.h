// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "acl/acl_base.h"
#include "om_container.h"
#include "om_model.h"

namespace hostacl {

// The bytes of a .om file with its graph and weights.
std::string EncodeOm(const OmModel& model);

// The metadata partition: a mark and JSON.
std::string EncodeOmMetadata(const OmModel& model);

// Reads EncodeOmMetadata's bytes into all but graph, weights and digest. 100016 when a field is
// missing or wrong, 300000 for more than 128 dims.
OmProblem DecodeOmMetadata(std::string_view bytes, OmModel* model);

// Reads EncodeOm's bytes, with ReadContainer's codes, DecodeOmMetadata's, and 545002 and 545003 for
// a graph or weights that are not there. `with_graph` false checks and reads all but the graph and
// the weights. The weights are copied unless `owner` keeps `bytes` alive.
OmProblem DecodeOm(std::string_view bytes, bool with_graph, OmModel* model,
                   const std::shared_ptr<const void>& owner = nullptr);

// The whole file into `bytes`. 145002 when it cannot be read; an OM2 folder as CheckNoPackage.
OmProblem ReadOmFile(const std::string& path, std::string* bytes);

}  // namespace hostacl
