// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/server_process.h"

#include <fcntl.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

extern char** environ;

namespace omserve {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(3);
constexpr absl::Duration kConnecting = absl::Seconds(10);
constexpr absl::Duration kGlance = absl::Milliseconds(5);

pid_t Spawn(const std::vector<std::string>& arguments,
            const std::map<std::string, std::string>& extra, const std::string& log) {
  std::vector<std::string> words = {OMSERVE_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // The first of two equal names wins.
  std::vector<std::string> variables;
  for (const auto& [name, value] : extra) variables.push_back(absl::StrCat(name, "=", value));
  std::vector<char*> envp;
  for (std::string& variable : variables) envp.push_back(variable.data());
  for (char** e = environ; *e != nullptr; ++e) envp.push_back(*e);
  envp.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t pid = -1;
  if (posix_spawn(&pid, OMSERVE_PROGRAM, &files, nullptr, argv.data(), envp.data()) != 0) pid = -1;
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

// Connected, if that is possible. gRPC 1.51 looks at errno some calls after connect(), which may
// set another one meanwhile; a call on a channel whose first attempt failed like that would fail,
// too.
std::shared_ptr<grpc::Channel> Connect(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // Channels to one address would else share a connection and the fate of it.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(
      absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials(), arguments);
  channel->WaitForConnected(absl::ToChronoTime(absl::Now() + kConnecting));
  return channel;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "omserve_test_XXXXXX").string();
  path_ = mkdtemp(name.data());
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string TemporaryFolder::Write(const std::string& name, const std::string& text) const {
  const std::filesystem::path path = path_ / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::filesystem::path TestModels() { return OMSERVE_TEST_MODELS; }

ServerProcess::ServerProcess(const ServerSetup& setup) {
  const std::string config = folder_.Write(
      "server.pbtxt",
      absl::StrCat(
          "listeners { grpc: '", setup.grpc_address,
          "' control: '127.0.0.1:0' health: '127.0.0.1:0' metrics: '127.0.0.1:0' }\nlimits { ",
          setup.limits, " }\nhost_threads: 4\ndevices: [", setup.devices, "]\n", setup.more, "\n"));
  std::map<std::string, std::string> environment = setup.environment;
  environment.emplace("HOSTACL_DEVICES", "2");
  if (!setup.profile.empty()) {
    environment["HOSTACL_PROFILE"] = folder_.Write("profile.json", setup.profile);
  }
  pid_ = Spawn({"--config", config, "--model-dir", setup.model_dir, "--acl-library",
                OMSERVE_ACL_LIBRARY, "--ports-file", (folder_.path() / "ports.json").string()},
               environment, (folder_.path() / "log").string());
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0 && !Ended()) {
    Signal(SIGKILL);
    WaitExit();
  }
}

bool ServerProcess::Ended() {
  if (ended_ || pid_ < 0) return true;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
  ended_ = true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return true;
}

bool ServerProcess::WaitReady() {
  const absl::Time end = absl::Now() + kPatience;
  const std::filesystem::path ports = folder_.path() / "ports.json";
  while (!std::filesystem::exists(ports)) {
    if (Ended() || absl::Now() > end) return false;
    absl::SleepFor(kGlance);
  }
  const auto json = nlohmann::json::parse(ReadFile(ports), nullptr, false);
  if (json.is_discarded()) return false;
  grpc_port_ = json.value("grpc", 0);
  health_port_ = json.value("health", 0);
  metrics_port_ = json.value("metrics", 0);
  control_port_ = json.value("control", 0);
  return grpc_port_ > 0;
}

void ServerProcess::Signal(int number) const { kill(pid_, number); }

int ServerProcess::WaitExit() {
  const absl::Time end = absl::Now() + kPatience;
  while (!Ended() && absl::Now() < end) absl::SleepFor(kGlance);
  return exit_code_;
}

std::shared_ptr<grpc::Channel> ServerProcess::channel() const { return Connect(grpc_port_); }
std::shared_ptr<grpc::Channel> ServerProcess::health_channel() const {
  return Connect(health_port_);
}
std::shared_ptr<grpc::Channel> ServerProcess::control_channel() const {
  return Connect(control_port_);
}
std::string ServerProcess::log() const { return ReadFile(folder_.path() / "log"); }

Run RunServer(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  const std::string log = (folder.path() / "log").string();
  const pid_t pid = Spawn(arguments, {}, log);
  Run run;
  int status = 0;
  if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)) {
    run.exit_code = WEXITSTATUS(status);
  }
  run.output = ReadFile(log);
  return run;
}

}  // namespace omserve
