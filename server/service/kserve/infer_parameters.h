// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/map.h"
#include "inference/grpc_service.pb.h"

namespace omserve::kserve {

// Reads the parameters of a request or a tensor, and remembers which ones somebody knew. Errors are
// INVALID_ARGUMENT and begin with the parameter; the first one stays and is what Finish gives.
// Single-thread.
class ParameterReader {
 public:
  using Parameters = google::protobuf::Map<std::string, inference::InferParameter>;

  // 'parameters' must outlive the reader. 'field' is their place, for errors.
  ParameterReader(const Parameters& parameters, std::string field)
      : parameters_(parameters), field_(std::move(field)) {}

  // Nothing when it is not there or of the wrong type. Integers may come as int64, uint64 or
  // string (KServe's v2 clients differ), fractions also as integers.
  std::optional<int64_t> Integer(const std::string& name);
  std::optional<double> Number(const std::string& name);
  std::optional<bool> Flag(const std::string& name);
  std::optional<std::string> Text(const std::string& name);
  // One of 'words', as its index.
  std::optional<int> Word(const std::string& name, const std::vector<std::string_view>& words);

  // Whether it is there; any type is fine.
  bool Present(const std::string& name) { return Find(name) != nullptr; }

  // Refuses the request: what the client wants is not what it would get.
  void Refuse(const std::string& name, std::string_view why);
  // The first error; an error also for a parameter that nobody has asked for.
  absl::Status Finish();

 private:
  const inference::InferParameter* Find(const std::string& name);

  const Parameters& parameters_;
  const std::string field_;
  std::set<std::string> known_;
  absl::Status status_;
};

}  // namespace omserve::kserve
