// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// One file and what became of it; 'answer' means something only if 'status' is OK.
template <typename Response>
struct FileAnswer {
  std::string file;  // as the user named it
  absl::Status status;
  Response answer;
};

using DetectFileAnswer = FileAnswer<v1::DetectResponse>;
using EmbedFileAnswer = FileAnswer<v1::EmbedResponse>;
using ReadFileAnswer = FileAnswer<v1::ReadTextResponse>;

}  // namespace omserve::client
