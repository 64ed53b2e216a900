// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "client/file_answer.h"

namespace omserve::client {

// The text that people read: every file with its lines in reading order, their scores in front; a
// file that failed is left out. Empty when all did. Thread-safe.
std::string FormatText(const std::vector<ReadFileAnswer>& answers);

}  // namespace omserve::client
