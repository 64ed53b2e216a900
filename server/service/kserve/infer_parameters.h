// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
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
  std::optional<int64_t> Integer(std::string_view name);
  std::optional<double> Number(std::string_view name);
  std::optional<bool> Flag(std::string_view name);
  std::optional<std::string> Text(std::string_view name);
  // One of 'words', as its index.
  std::optional<int> Word(std::string_view name, const std::vector<std::string_view>& words);

  // Whether it is there; any type is fine.
  bool Present(std::string_view name) { return Find(name) != nullptr; }

  // Refuses the request: what the client wants is not what it would get.
  void Refuse(std::string_view name, std::string_view why);
  // The first error; an error also for a parameter that nobody has asked for.
  absl::Status Finish();

 private:
  const inference::InferParameter* Find(std::string_view name);

  const Parameters& parameters_;
  const std::string field_;
  std::set<std::string, std::less<>> known_;  // stays empty when there are no parameters
  absl::Status status_;
};

}  // namespace omserve::kserve
