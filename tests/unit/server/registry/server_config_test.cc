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
