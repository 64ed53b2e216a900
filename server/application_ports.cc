// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/application_ports.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace omserve {

absl::Status WritePortsFile(const std::string& path, const Ports& ports) {
  const nlohmann::ordered_json json = {{"grpc", ports.grpc},
                                       {"control", ports.control},
                                       {"health", ports.health},
                                       {"metrics", ports.metrics}};
  const std::string draft = path + ".tmp";
  std::error_code error;
  {
    std::ofstream file(draft, std::ios::trunc);
    file << json.dump() << '\n';
    if (!file.flush()) return absl::UnavailableError(absl::StrCat(draft, ": cannot be written"));
  }
  std::filesystem::rename(draft, path, error);
  if (error) return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
  return absl::OkStatus();
}

}  // namespace omserve
