// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipelines/base/clock.h"
#include "server/application_ports.h"
#include "server/registry/manifest.h"
#include "server/registry/server_config.h"

namespace omserve {

// One running server. Start and Stop are the whole order of things: devices, models, service,
// listeners, ready; and back. Thread-compatible.
class Application {
 public:
  // Blocks until ready. 'clock' must outlive the application. Errors: those of the devices and the
  // models; UNAVAILABLE for a port in use.
  static absl::StatusOr<std::unique_ptr<Application>> Start(ServerConfig config,
                                                            std::vector<PipelineSpec> pipelines,
                                                            const Clock& clock = Clock::Real());
  // Stops first.
  ~Application();

  const Ports& ports() const;

  // To be called a few times a second: tells health and metrics what became of the devices.
  void Tick();

  // Every device is lost: nothing can be served until the process is started again.
  bool lost() const;

  // Not ready, nobody in, waits until config.drain for those at work, cancels the rest, and lets
  // go of threads, models and devices. Idempotent. DEADLINE_EXCEEDED when requests were cancelled.
  absl::Status Stop();

 private:
  struct Parts;
  explicit Application(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace omserve
