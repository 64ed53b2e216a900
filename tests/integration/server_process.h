// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace omserve {

// A folder that goes with its owner. Single-thread.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Writes a file, and the folders above it; returns its path.
  std::string Write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

std::string ReadFile(const std::filesystem::path& path);
// The models as atc compiled them at build time.
std::filesystem::path TestModels();

// What one server process is started with.
struct ServerSetup {
  std::string limits;   // inside limits { } of the config
  std::string devices;  // inside devices: [ ] of the config
  std::string more;     // further fields of the config
  std::string grpc_address = "127.0.0.1:0";
  std::string model_dir = TestModels().string();
  std::string profile;                                  // text of a hostacl timing profile
  std::map<std::string, std::string> environment = {};  // beside the test's own
};

// The omserve program as a child process on free ports; killed when the owner lets go.
// Single-thread.
class ServerProcess {
 public:
  explicit ServerProcess(const ServerSetup& setup);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Blocks until the server is ready (true) or has ended.
  bool WaitReady();
  void Signal(int number) const;
  // Blocks until the process has ended; its exit code, or -1 when a signal ended it or it did not
  // end in a minute.
  int WaitExit();

  int grpc_port() const { return grpc_port_; }
  int health_port() const { return health_port_; }
  int metrics_port() const { return metrics_port_; }
  std::shared_ptr<grpc::Channel> channel() const;
  std::shared_ptr<grpc::Channel> health_channel() const;
  std::shared_ptr<grpc::Channel> control_channel() const;
  int control_port() const { return control_port_; }
  // Everything that it has logged.
  std::string log() const;

 private:
  bool Ended();

  TemporaryFolder folder_;
  pid_t pid_ = -1;
  bool ended_ = false;
  int exit_code_ = -1;
  int grpc_port_ = 0;
  int health_port_ = 0;
  int metrics_port_ = 0;
  int control_port_ = 0;
};

// A run of omserve that ends by itself.
struct Run {
  int exit_code = -1;
  std::string output;  // both streams
};
Run RunServer(const std::vector<std::string>& arguments);

}  // namespace omserve
