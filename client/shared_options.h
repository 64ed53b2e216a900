// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "client/parsed_command_line.h"
#include "omserve/client/access.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// What the command lines of the client's programs share. Thread-compatible.

inline constexpr int kMaxInFlight = 4096;

inline const std::map<std::string, v1::MaskForm> kMaskForms = {{"none", v1::MASK_FORM_NONE},
                                                               {"rle", v1::MASK_FORM_RLE},
                                                               {"png", v1::MASK_FORM_PNG},
                                                               {"polygon", v1::MASK_FORM_POLYGON}};

// An option whose values are the names in 'choices', which must outlive 'app'.
template <typename Value>
void AddChoice(CLI::App* app, const std::string& name, const std::map<std::string, Value>& choices,
               Value* value, const std::string& text) {
  app->add_option_function<std::string>(
         name, [&choices, value](const std::string& choice) { *value = choices.at(choice); }, text)
      ->check(CLI::IsMember(choices))
      ->type_name("");
}

// --server and --deadline-ms, with their defaults.
inline void AddServer(CLI::App& app, std::string* server, int64_t* deadline_ms) {
  *server = "127.0.0.1:8500";
  app.add_option("--server", *server, "host:port of omserve")
      ->envname("OMSERVE_SERVER")
      ->capture_default_str();
  app.add_option("--deadline-ms", *deadline_ms, "time limit of every call")
      ->check(CLI::Range(int64_t{1}, int64_t{86400000}))
      ->type_name("MS")
      ->capture_default_str();
}

// --tls-ca, --tls-cert, --tls-key, --tls-name and --token-file.
inline void AddAccess(CLI::App& app, AccessOptions* access) {
  app.add_option("--tls-ca", access->tls_ca,
                 "speak TLS: PEM file of who signs the server's certificate, or 'system'")
      ->envname("OMSERVE_TLS_CA");
  app.add_option("--tls-cert", access->tls_certificate, "PEM file: a client certificate")
      ->envname("OMSERVE_TLS_CERT");
  app.add_option("--tls-key", access->tls_key, "PEM file: the key of --tls-cert")
      ->envname("OMSERVE_TLS_KEY");
  app.add_option("--tls-name", access->tls_name,
                 "name in the server's certificate (default: the host of the server)")
      ->envname("OMSERVE_TLS_NAME");
  app.add_option("--token-file", access->token_file, "file with the bearer token to send")
      ->envname("OMSERVE_TOKEN_FILE");
}

// Reads what 'options' names; a complaint, or nothing.
inline std::string LoadAccess(const AccessOptions& options, Access* access) {
  absl::StatusOr<Access> loaded = Access::Load(options);
  if (!loaded.ok()) {
    return "--tls-ca, --tls-cert, --tls-key, --token-file: " +
           std::string(loaded.status().message());
  }
  *access = *std::move(loaded);
  return "";
}

// Parses; 'finish', called if that went well, fills 'command' and returns a complaint or nothing.
template <typename Command, typename Finish>
ParsedCommandLine<Command> ParseWith(CLI::App& app, int argc, const char* const* argv,
                                     const Command& command, Finish finish) {
  ParsedCommandLine<Command> parsed;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream complaint;
    parsed.exit_status = app.exit(error, out, complaint) == 0 ? 0 : 2;
    parsed.text = parsed.exit_status == 0 ? out.str() : complaint.str();
    return parsed;
  }
  const std::string complaint = finish();
  if (!complaint.empty()) {
    parsed.exit_status = 2;
    parsed.text = complaint + "\nRun with --help for more information.\n";
    return parsed;
  }
  parsed.command = command;
  return parsed;
}

}  // namespace omserve::client
