// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/server_config.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "omserve/v1/config.pb.h"
#include "pipelines/base/status_macros.h"
#include "server/registry/security_settings.h"
#include "server/registry/text_proto.h"

namespace omserve {
namespace {

// Names in the config are relative to it; a bare library name is the dynamic loader's matter.
std::string RelativeTo(const std::filesystem::path& folder, const std::string& name) {
  const std::filesystem::path path(name);
  return path.is_absolute() ? name : (folder / path).lexically_normal().string();
}

absl::Status CheckAddress(absl::string_view field, absl::string_view address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon == absl::string_view::npos || colon == 0 ||
      !absl::SimpleAtoi(std::string(address.substr(colon + 1)), &port) || port < 0 ||
      port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": '", address, "' is not host:port"));
  }
  return absl::OkStatus();
}

absl::Status CheckRange(absl::string_view field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", value, " is not between ", low, " and ", high));
}

absl::Status CheckScheduling(const v1::Scheduling& scheduling) {
  OMSERVE_RETURN_IF_ERROR(
      CheckRange("scheduling.batching", scheduling.batching(), 0, v1::Scheduling::PLAIN));
  OMSERVE_RETURN_IF_ERROR(
      CheckRange("scheduling.recovery", scheduling.recovery(), 0, v1::Scheduling::RESET));
  OMSERVE_RETURN_IF_ERROR(CheckRange("scheduling.hang_ms", scheduling.hang_ms(), 0, 86'400'000));
  OMSERVE_RETURN_IF_ERROR(
      CheckRange("scheduling.max_request_mib", scheduling.max_request_mib(), 0, 1 << 30));
  const auto part = [](const char* field, float value) {
    if (value >= 0 && value <= 1) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("scheduling.", field, ": ", value, " is not between 0 and 1"));
  };
  OMSERVE_RETURN_IF_ERROR(part("shadow_check_rate", scheduling.shadow_check_rate()));
  return part("shadow_check_tolerance", scheduling.shadow_check_tolerance());
}

void TakeScheduling(const v1::Scheduling& from, SchedulingConfig& to) {
  to.plain = from.batching() == v1::Scheduling::PLAIN;
  to.reset_devices = from.recovery() == v1::Scheduling::RESET;
  if (from.hang_ms() > 0) to.hang = absl::Milliseconds(from.hang_ms());
  if (from.max_request_mib() > 0) to.max_request_bytes = int64_t{from.max_request_mib()} << 20;
  to.shadow_check_rate = static_cast<double>(from.shadow_check_rate());
  if (from.shadow_check_tolerance() > 0) {
    to.shadow_check_tolerance = static_cast<double>(from.shadow_check_tolerance());
  }
}

absl::Status CheckRepository(const v1::Repository& repository) {
  OMSERVE_RETURN_IF_ERROR(
      CheckRange("repository.mode", repository.mode(), 0, v1::Repository::POLL));
  OMSERVE_RETURN_IF_ERROR(CheckRange("repository.poll_ms", repository.poll_ms(), 0, 86'400'000));
  OMSERVE_RETURN_IF_ERROR(CheckRange("repository.load_threads", repository.load_threads(), 0, 64));
  OMSERVE_RETURN_IF_ERROR(
      CheckRange("repository.device_memory_mib", repository.device_memory_mib(), 0, 1 << 30));
  const v1::VersionPolicy& versions = repository.versions();
  OMSERVE_RETURN_IF_ERROR(
      CheckRange("repository.versions.kind", versions.kind(), 0, v1::VersionPolicy::SPECIFIC));
  OMSERVE_RETURN_IF_ERROR(CheckRange("repository.versions.latest", versions.latest(), 0, 1000));
  const bool listed = versions.specific_size() > 0;
  if (listed != (versions.kind() == v1::VersionPolicy::SPECIFIC)) {
    return absl::InvalidArgumentError(
        "repository.versions: 'specific' belongs to kind SPECIFIC, which needs it");
  }
  for (const int64_t number : versions.specific()) {
    OMSERVE_RETURN_IF_ERROR(
        CheckRange("repository.versions.specific", number, 1, 999'999'999'999'999'999));
  }
  return absl::OkStatus();
}

void TakeRepository(const v1::Repository& from, RepositoryConfig& to) {
  to.poll = from.mode() == v1::Repository::POLL;
  if (from.poll_ms() > 0) to.interval = absl::Milliseconds(from.poll_ms());
  to.versions.kind = static_cast<VersionPolicy::Kind>(from.versions().kind());
  if (from.versions().latest() > 0) to.versions.latest = from.versions().latest();
  to.versions.specific.assign(from.versions().specific().begin(), from.versions().specific().end());
  if (from.load_threads() > 0) to.load_threads = from.load_threads();
  to.device_bytes = int64_t{from.device_memory_mib()} << 20;
  to.evict = from.unload_least_recently_used();
}

absl::Status CheckObservation(const v1::ServerConfig& config) {
  OMSERVE_RETURN_IF_ERROR(CheckRange("log.format", config.log().format(), 0, v1::Log::JSON));
  OMSERVE_RETURN_IF_ERROR(
      CheckRange("log.failures_per_second", config.log().failures_per_second(), 0, 1'000'000));
  const double ratio = config.tracing().sample_ratio();
  if (ratio >= 0 && ratio <= 1) return absl::OkStatus();  // NaN fails
  return absl::InvalidArgumentError(
      absl::StrCat("tracing.sample_ratio: ", ratio, " is not between 0 and 1"));
}

void TakeObservation(const v1::ServerConfig& from, ServerConfig& to) {
  to.log.json = from.log().format() == v1::Log::JSON;
  if (from.log().failures_per_second() > 0) {
    to.log.failures_per_second = from.log().failures_per_second();
  }
  to.tracing.endpoint = from.tracing().otlp_endpoint();
  to.tracing.ratio = from.tracing().sample_ratio();
  if (!from.tracing().service_name().empty()) to.tracing.service = from.tracing().service_name();
}

}  // namespace

ServerConfig DefaultServerConfig() {
  ServerConfig config;
  config.host_threads = static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  return config;
}

absl::StatusOr<ServerConfig> LoadServerConfig(const std::string& path) {
  v1::ServerConfig proto;
  OMSERVE_RETURN_IF_ERROR(ParseTextProtoFile(path, proto));
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  ServerConfig config = DefaultServerConfig();
  if (!proto.model_dir().empty()) config.model_dir = RelativeTo(folder, proto.model_dir());
  config.devices.assign(proto.devices().begin(), proto.devices().end());
  if (!proto.acl_library().empty()) {
    const bool bare = proto.acl_library().find('/') == std::string::npos;
    config.acl_library = bare ? proto.acl_library() : RelativeTo(folder, proto.acl_library());
  }
  config.epoll = proto.listeners().polling() == v1::Listeners::POLLING_EPOLL;
  if (!proto.listeners().grpc().empty()) config.grpc_address = proto.listeners().grpc();
  if (!proto.listeners().control().empty()) config.control_address = proto.listeners().control();
  if (!proto.listeners().health().empty()) config.health_address = proto.listeners().health();
  if (!proto.listeners().metrics().empty()) config.metrics_address = proto.listeners().metrics();

  const v1::Limits& limits = proto.limits();
  // Checked before the units change, so that the message shows the number in the file.
  const auto check = [&]() -> absl::Status {
    OMSERVE_RETURN_IF_ERROR(
        CheckRange("limits.max_message_mib", limits.max_message_mib(), 0, 2047));
    OMSERVE_RETURN_IF_ERROR(
        CheckRange("limits.max_image_megapixels", limits.max_image_megapixels(), 0, 1000));
    OMSERVE_RETURN_IF_ERROR(
        CheckRange("limits.max_inflight_requests", limits.max_inflight_requests(), 0, 1 << 20));
    OMSERVE_RETURN_IF_ERROR(
        CheckRange("limits.default_deadline_ms", limits.default_deadline_ms(), 0, 86'400'000));
    OMSERVE_RETURN_IF_ERROR(CheckRange("limits.drain_ms", limits.drain_ms(), 0, 86'400'000));
    OMSERVE_RETURN_IF_ERROR(CheckScheduling(proto.scheduling()));
    OMSERVE_RETURN_IF_ERROR(CheckRepository(proto.repository()));
    OMSERVE_RETURN_IF_ERROR(CheckObservation(proto));
    OMSERVE_RETURN_IF_ERROR(CheckRange("limits.max_streams", limits.max_streams(), 0, 1 << 20));
    return CheckRange("host_threads", proto.host_threads(), 0, 1024);
  };
  const auto in_file = [&](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  };
  if (absl::Status status = check(); !status.ok()) return in_file(status);
  if (limits.max_message_mib() > 0) config.max_message_bytes = limits.max_message_mib() << 20;
  if (limits.max_inflight_requests() > 0) {
    config.max_inflight_requests = limits.max_inflight_requests();
  }
  if (limits.max_streams() > 0) config.max_streams = limits.max_streams();
  if (limits.max_image_megapixels() > 0) {
    config.max_image_pixels = limits.max_image_megapixels() * int64_t{1'000'000};
  }
  if (limits.default_deadline_ms() > 0) {
    config.default_deadline = absl::Milliseconds(limits.default_deadline_ms());
  }
  if (limits.drain_ms() > 0) config.drain = absl::Milliseconds(limits.drain_ms());
  if (proto.host_threads() > 0) config.host_threads = proto.host_threads();
  TakeScheduling(proto.scheduling(), config.scheduling);
  TakeRepository(proto.repository(), config.repository);
  TakeObservation(proto, config);
  if (absl::Status status = TakeSecurity(proto.security(), folder, config.security); !status.ok()) {
    return in_file(status);
  }
  if (!proto.cache_dir().empty()) config.cache_dir = RelativeTo(folder, proto.cache_dir());
  config.count_requests = proto.metrics() != v1::ServerConfig::METRICS_OFF;
  config.exit_without_device = proto.without_device() != v1::ServerConfig::WITHOUT_DEVICE_STAY;
  if (absl::Status status = CheckServerConfig(config); !status.ok()) return in_file(status);
  return config;
}

absl::Status CheckServerConfig(const ServerConfig& config) {
  OMSERVE_RETURN_IF_ERROR(CheckAddress("listeners.grpc", config.grpc_address));
  OMSERVE_RETURN_IF_ERROR(CheckAddress("listeners.control", config.control_address));
  OMSERVE_RETURN_IF_ERROR(CheckAddress("listeners.health", config.health_address));
  OMSERVE_RETURN_IF_ERROR(CheckAddress("listeners.metrics", config.metrics_address));
  const std::string& traces = config.tracing.endpoint;
  if (!traces.empty() && !absl::StartsWith(traces, "http://") &&
      !absl::StartsWith(traces, "https://")) {
    return absl::InvalidArgumentError(
        absl::StrCat("tracing.otlp_endpoint: '", traces, "' is not http://HOST:PORT"));
  }
  OMSERVE_RETURN_IF_ERROR(CheckPlaintextTokens(
      config.security,
      {{"listeners.grpc", config.grpc_address}, {"listeners.control", config.control_address}}));
  std::set<int> seen;
  for (const int device : config.devices) {
    OMSERVE_RETURN_IF_ERROR(CheckRange("devices", device, 0, 1023));
    if (!seen.insert(device).second) {
      return absl::InvalidArgumentError(absl::StrCat("devices: ", device, " is there twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace omserve
