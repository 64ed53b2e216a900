// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/registry/version_policy.h"
#include "server/security/security_config.h"

namespace omserve {

// How items of requests become batches. A value; thread-compatible.
struct SchedulingConfig {
  bool plain = false;  // every call in batches of its own
  absl::Duration hang = absl::Seconds(10);
  int64_t max_request_bytes = int64_t{4} << 30;
  double shadow_check_rate = 0;
  double shadow_check_tolerance = 1e-3;
  bool reset_devices = false;  // that have failed, to use them again
};

// Which models are loaded, and when that changes. A value; thread-compatible.
struct RepositoryConfig {
  bool poll = false;
  absl::Duration interval = absl::Seconds(5);
  VersionPolicy versions;
  int load_threads = 1;
  int64_t device_bytes = 0;  // 0: no limit
  bool evict = false;
};

// The log. A value; thread-compatible.
struct LogConfig {
  bool json = false;
  int failures_per_second = 10;
};

// What is traced, and where it goes. A value; thread-compatible.
struct TracingConfig {
  std::string endpoint;  // empty: none
  double ratio = 0;
  std::string service = "omserve";
};

// How one server process runs: server.pbtxt with every default filled in and every path made
// usable from the working directory. A value; thread-compatible.
struct ServerConfig {
  std::string model_dir;
  std::vector<int> devices;  // empty: all
  std::string acl_library = "libascendcl.so";
  std::string grpc_address = "0.0.0.0:8500";
  std::string control_address = "127.0.0.1:8501";
  std::string health_address = "0.0.0.0:8502";
  std::string metrics_address = "0.0.0.0:8503";
  bool epoll = false;  // gRPC waits for its connections with epoll, not poll
  int max_message_bytes = 32 << 20;
  int max_inflight_requests = 256;
  int max_streams = 256;
  int64_t max_image_pixels = 64'000'000;
  absl::Duration default_deadline = absl::Seconds(30);
  absl::Duration drain = absl::Seconds(10);
  int host_threads = 1;
  SchedulingConfig scheduling;
  RepositoryConfig repository;
  LogConfig log;
  TracingConfig tracing;
  SecurityConfig security;
  std::string cache_dir;            // empty: none
  bool count_requests = true;       // false: no metrics of requests and batches
  bool exit_without_device = true;  // once every device is lost
};

// The configuration that an empty file gives.
ServerConfig DefaultServerConfig();

// Reads server.pbtxt. Errors: NOT_FOUND (no such file), INVALID_ARGUMENT with the file and the
// field, or with line and column when it is not protobuf text.
absl::StatusOr<ServerConfig> LoadServerConfig(const std::string& path);

// INVALID_ARGUMENT, naming the field, when 'config' cannot work.
absl::Status CheckServerConfig(const ServerConfig& config);

}  // namespace omserve
