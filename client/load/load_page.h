// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace omserve::client {

// The page of a run: one HTML file with everything inside, plots included, that fetches nothing.
// 'document' is LoadJson's. Thread-safe.
std::string LoadPage(const nlohmann::json& document);

}  // namespace omserve::client
