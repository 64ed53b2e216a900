// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "absl/time/time.h"

namespace omserve::client {

// An option whose text 'parse' (text -> StatusOr) turns into *value.
template <typename Parse, typename Value>
CLI::Option* AddParsed(CLI::App& app, const std::string& name, Parse parse, Value* value,
                       const std::string& text) {
  return app
      .add_option_function<std::string>(
          name, [parse, value](const std::string& word) { *value = *parse(word); }, text)
      ->check(
          [parse](const std::string& word) { return std::string(parse(word).status().message()); })
      ->type_name("");
}

// An option in milliseconds, above 0 and up to a day.
inline CLI::Option* AddMilliseconds(CLI::App& app, const std::string& name,
                                    absl::Duration* duration, const std::string& text) {
  return app
      .add_option_function<double>(
          name, [duration](double value) { *duration = absl::Milliseconds(value); }, text)
      ->check(CLI::Range(0.001, 86'400'000.0))
      ->type_name("MS");
}

}  // namespace omserve::client
