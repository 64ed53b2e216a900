// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/server_config.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<ServerConfig> Load(const std::string& text) {
  const std::string path = ::testing::TempDir() + "/server_config_test.pbtxt";
  std::ofstream(path, std::ios::trunc) << text;
  auto config = LoadServerConfig(path);
  std::filesystem::remove(path);
  return config;
}

TEST(ServerConfigTest, FillsInDefaults) {
  const auto config = Load("");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->grpc_address, "0.0.0.0:8500");
  EXPECT_EQ(config->health_address, "0.0.0.0:8502");
  EXPECT_EQ(config->metrics_address, "0.0.0.0:8503");
  EXPECT_EQ(config->max_message_bytes, 32 << 20);
  EXPECT_EQ(config->max_inflight_requests, 256);
  EXPECT_EQ(config->default_deadline, absl::Seconds(30));
  EXPECT_GE(config->host_threads, 1);
  EXPECT_EQ(config->acl_library, "libascendcl.so");
  EXPECT_EQ(config->max_streams, 256);
  EXPECT_TRUE(config->exit_without_device);
}

TEST(ServerConfigTest, TakesWhatTheFileSays) {
  const auto config = Load(
      "model_dir: \"models\" devices: [1, 0] acl_library: \"/opt/libascendcl.so\" "
      "listeners { grpc: \"127.0.0.1:0\" } limits { max_message_mib: 4 drain_ms: 50 max_streams: 3 "
      "} "
      "without_device: WITHOUT_DEVICE_STAY");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->model_dir,
            (std::filesystem::path(::testing::TempDir()) / "models").lexically_normal());
  EXPECT_THAT(config->devices, ElementsAre(1, 0));
  EXPECT_EQ(config->acl_library, "/opt/libascendcl.so");
  EXPECT_EQ(config->grpc_address, "127.0.0.1:0");
  EXPECT_EQ(config->max_message_bytes, 4 << 20);
  EXPECT_EQ(config->drain, absl::Milliseconds(50));
  EXPECT_EQ(config->max_streams, 3);
  EXPECT_FALSE(config->exit_without_device);
}

TEST(ServerConfigTest, LogsTextAndTracesNothingUnlessTold) {
  const ServerConfig plain = *Load("");
  EXPECT_FALSE(plain.log.json);
  EXPECT_EQ(plain.log.failures_per_second, 10);
  EXPECT_EQ(plain.tracing.endpoint, "");
  EXPECT_EQ(plain.tracing.service, "omserve");
  const auto told = Load(
      "log { format: JSON failures_per_second: 3 } tracing { otlp_endpoint: 'http://c:4318' "
      "sample_ratio: 0.25 service_name: 'vision' }");
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_TRUE(told->log.json);
  EXPECT_EQ(told->log.failures_per_second, 3);
  EXPECT_EQ(told->tracing.endpoint, "http://c:4318");
  EXPECT_EQ(told->tracing.ratio, 0.25);
  EXPECT_EQ(told->tracing.service, "vision");
}

TEST(ServerConfigTest, NamesWhatIsWrongWithTheLogAndTheTraces) {
  for (const auto& [text, field] :
       {std::pair("log { failures_per_second: -1 }", "log.failures_per_second: -1"),
        std::pair("log { format: 7 }", "log.format: 7"),
        std::pair("tracing { sample_ratio: 1.5 }", "tracing.sample_ratio: 1.5"),
        std::pair("tracing { sample_ratio: nan }", "tracing.sample_ratio: nan"),
        std::pair("tracing { otlp_endpoint: 'collector:4318' }",
                  "tracing.otlp_endpoint: 'collector:4318'")}) {
    const auto config = Load(text);
    EXPECT_TRUE(absl::IsInvalidArgument(config.status())) << text;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(field));
  }
}

TEST(ServerConfigTest, TheRepositoryChangesOnRequestUnlessTold) {
  const RepositoryConfig plain = Load("")->repository;
  EXPECT_FALSE(plain.poll);
  EXPECT_EQ(plain.versions.kind, VersionPolicy::Kind::kLatest);
  EXPECT_EQ(plain.versions.latest, 1);
  EXPECT_EQ(plain.load_threads, 1);
  EXPECT_EQ(plain.device_bytes, 0);
  EXPECT_EQ(Load("")->control_address, "127.0.0.1:8501") << "the loopback alone";
  const auto config = Load(
      "listeners { control: \"127.0.0.1:9\" } repository { mode: POLL poll_ms: 70 "
      "versions { kind: SPECIFIC specific: [2, 5] } load_threads: 3 device_memory_mib: 10 "
      "unload_least_recently_used: true }");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->control_address, "127.0.0.1:9");
  EXPECT_TRUE(config->repository.poll);
  EXPECT_EQ(config->repository.interval, absl::Milliseconds(70));
  EXPECT_EQ(config->repository.versions.kind, VersionPolicy::Kind::kSpecific);
  EXPECT_THAT(config->repository.versions.specific, ElementsAre(2, 5));
  EXPECT_EQ(config->repository.load_threads, 3);
  EXPECT_EQ(config->repository.device_bytes, int64_t{10} << 20);
  EXPECT_TRUE(config->repository.evict);
}

TEST(ServerConfigTest, CountsUnlessTold) {
  EXPECT_TRUE(Load("")->count_requests);
  EXPECT_TRUE(Load("metrics: METRICS_ALL")->count_requests);
  EXPECT_FALSE(Load("metrics: METRICS_OFF")->count_requests);
}

TEST(ServerConfigTest, ResetsNoDeviceUnlessTold) {
  EXPECT_FALSE(Load("")->scheduling.reset_devices);
  EXPECT_FALSE(Load("scheduling { recovery: NONE }")->scheduling.reset_devices);
  EXPECT_TRUE(Load("scheduling { recovery: RESET }")->scheduling.reset_devices);
  EXPECT_TRUE(absl::IsInvalidArgument(Load("scheduling { recovery: REBOOT }").status()));
}

TEST(ServerConfigTest, NamesTheWrongField) {
  struct Case {
    const char* text;
    const char* message;
  };
  const Case cases[] = {
      {"listeners { grpc: \"8500\" }", "listeners.grpc: '8500' is not host:port"},
      {"listeners { health: \"a:99999\" }", "listeners.health: 'a:99999'"},
      {"listeners { metrics: \"a:b\" }", "listeners.metrics: 'a:b'"},
      {"listeners { control: \"a\" }", "listeners.control: 'a'"},
      {"repository { poll_ms: -1 }", "repository.poll_ms: -1"},
      {"repository { load_threads: 1000 }", "repository.load_threads: 1000"},
      {"repository { device_memory_mib: -5 }", "repository.device_memory_mib: -5"},
      {"repository { versions { latest: -1 } }", "repository.versions.latest: -1"},
      {"repository { versions { kind: SPECIFIC } }", "repository.versions: 'specific'"},
      {"repository { versions { specific: 1 } }", "repository.versions: 'specific'"},
      {"repository { versions { kind: SPECIFIC specific: 0 } }", "repository.versions.specific: 0"},
      {"limits { max_message_mib: 4096 }", "limits.max_message_mib: 4096"},
      {"limits { max_inflight_requests: -1 }", "limits.max_inflight_requests: -1"},
      {"limits { max_streams: -1 }", "limits.max_streams: -1"},
      {"limits { drain_ms: -1 }", "limits.drain_ms: -1"},
      {"host_threads: -2", "host_threads: -2"},
      {"devices: [0, 0]", "devices: 0 is there twice"},
      {"devices: -1", "devices: -1"},
      {"limits {\n  max_mesage_mib: 1\n}", ":2:"},
  };
  for (const Case& c : cases) {
    const auto config = Load(c.text);
    EXPECT_TRUE(absl::IsInvalidArgument(config.status())) << c.text;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(c.message));
    EXPECT_THAT(std::string(config.status().message()), HasSubstr("server_config_test.pbtxt"));
  }
}

TEST(ServerConfigTest, NamesAMissingFile) {
  EXPECT_TRUE(absl::IsNotFound(LoadServerConfig("/nowhere/server.pbtxt").status()));
}

TEST(ServerConfigTest, ReadsTheExample) {
  const auto config = LoadServerConfig("deploy/server.pbtxt");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->model_dir, "build/models");
}

}  // namespace
}  // namespace omserve
