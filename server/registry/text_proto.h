// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace google::protobuf {
class Message;
}

namespace omserve {

// The whole file. Errors: NOT_FOUND, naming the file; RESOURCE_EXHAUSTED above 16 MiB.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// Parses a protobuf-text file into 'message'. Errors: those of ReadTextFile, and INVALID_ARGUMENT
// "file:line:column: what is wrong" for the first fault.
absl::Status ParseTextProtoFile(const std::string& path, google::protobuf::Message& message);

}  // namespace omserve
