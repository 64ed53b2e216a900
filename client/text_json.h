// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/file_answer.h"
#include "nlohmann/json.hpp"

namespace omserve::client {

// {"file", "error", "model", "image", "lines": [{"index", "text", "score", "outline": [x, y, ..],
// "box", "box_score", "turned", "orientation_score", "characters", "words"}], "lines_found",
// "lines_below_score", "places_cut", "timing"}; file and error alone for one that failed.
// Thread-safe.
nlohmann::json ToJson(const ReadFileAnswer& answer);

}  // namespace omserve::client
