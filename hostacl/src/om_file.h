// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "acl/acl_base.h"
#include "om_model.h"

namespace hostacl {

// Why a file was refused.
struct OmProblem {
  aclError code = ACL_SUCCESS;
  std::string message;
};

// The bytes of a .om file: the documented header, then our own content: the description (see
// om_description.h) and the graph.
std::string EncodeOm(const OmModel& model);

// Reads EncodeOm's bytes. `with_graph` false checks and reads all but the graph.
OmProblem DecodeOm(std::string_view bytes, bool with_graph, OmModel* model);

// The whole file into `bytes`.
OmProblem ReadOmFile(const std::string& path, std::string* bytes);

}  // namespace hostacl
