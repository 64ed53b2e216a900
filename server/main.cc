// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The server program. Exit codes: 0 a clean stop, 1 a failure at run time, 2 a wrong command line
// or configuration, 3 every device is lost.

#include <iostream>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/synchronization/mutex.h"
#include "server/application.h"
#include "server/application_log.h"
#include "server/application_plan.h"
#include "server/security/credential_keeper.h"
#include "server/service/listeners.h"
#include "server/stop_signals.h"
#include "spdlog/spdlog.h"

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kNoDevice = 3;
constexpr int kGoOn = -1;

int Fail(int code, const absl::Status& status) {
  spdlog::error("{}", std::string(status.message()));
  return code;
}

// kGoOn, or the parser's own exit code after --help (0) or a mistake.
int Parse(CLI::App& cli, int argc, char** argv) {
  CLI11_PARSE(cli, argc, argv);
  return kGoOn;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("omserve: serves vision pipelines of Ascend OM models over gRPC");
  std::string config_path, model_dir, acl_library, ports_file;
  bool check = false, json = false;
  cli.add_option("--config", config_path, "server.pbtxt");
  cli.add_option("--model-dir", model_dir, "folder of pipelines; wins over the config");
  cli.add_option("--acl-library", acl_library, "libascendcl.so; wins over the config");
  cli.add_option("--ports-file", ports_file, "written when ready: the ports, as JSON");
  cli.add_flag("--check-config", check, "validate, print a summary and leave");
  cli.add_flag("--json-log", json, "log lines as JSON objects");
  if (const int code = Parse(cli, argc, argv); code != kGoOn) return code == 0 ? 0 : kUsage;
  omserve::InitLog(json);

  omserve::ServerConfig config = omserve::DefaultServerConfig();
  if (!config_path.empty()) {
    auto loaded = omserve::LoadServerConfig(config_path);
    if (!loaded.ok()) return Fail(kUsage, loaded.status());
    config = *std::move(loaded);
  }
  if (!model_dir.empty()) config.model_dir = model_dir;
  if (!acl_library.empty()) config.acl_library = acl_library;
  config.log.json = config.log.json || json;
  omserve::InitLog(config.log.json);
  const absl::Status secrets =
      omserve::CheckCredentialFiles(config.security, omserve::Clock::Real().Now());
  if (!secrets.ok()) return Fail(kUsage, secrets);
  auto pipelines = omserve::LoadPipelines(config);
  if (!pipelines.ok()) return Fail(kUsage, pipelines.status());
  if (check) {
    std::cout << omserve::Summary(config, *pipelines);
    return 0;
  }

  omserve::ChoosePolling(config.epoll);
#ifdef NDEBUG
  // gRPC's locks are absl's, which else keeps a graph of them.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  const omserve::StopSignals signals;  // before the first thread
  auto application = omserve::Application::Start(config, *std::move(pipelines));
  if (!application.ok()) return Fail(kFailed, application.status());
  if (!ports_file.empty()) {
    const absl::Status written = omserve::WritePortsFile(ports_file, (*application)->ports());
    if (!written.ok()) return Fail(kFailed, written);
  }
  const bool asked = signals.Wait([&] {
    (*application)->Tick();
    return !config.exit_without_device || !(*application)->lost();
  });
  if (!asked) {
    spdlog::critical("every device is lost; leaving with exit code {} to be started again",
                     kNoDevice);
    omserve::StopSignals::LeaveWithin<kNoDevice>(config.drain + absl::Seconds(15));
  }
  const absl::Status stopped = (*application)->Stop();
  if (!asked) return kNoDevice;
  return stopped.ok() ? 0 : Fail(kFailed, stopped);
}
