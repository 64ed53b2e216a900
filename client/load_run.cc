// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load_run.h"

#include <functional>
#include <memory>
#include <utility>

#include "client/in_flight_limit.h"
#include "client/vision_client.h"

namespace omserve::client {
namespace {

// One part of a run, the warm-up or what is measured: where its requests wait and are counted. The
// wait is here and not in VisionClient, so that no latency contains it.
struct Phase {
  explicit Phase(int limit) : in_flight(limit) {}
  InFlightLimit in_flight;
  LoadStats stats;
};

// Starts a request of the picture with this number (taken modulo) and records its end.
using Start = std::function<void(int64_t number, Phase* phase)>;

template <typename Response>
VisionClient::Done<Response> RecordEnd(Phase* phase) {
  return [phase, begin = absl::Now()](const absl::StatusOr<Response>& response) {
    phase->stats.Record(response.status(), absl::Now() - begin);
    phase->in_flight.Release();
  };
}

Start DetectStart(VisionClient* client, const LoadCommand& command,
                  const std::vector<std::string>& pictures) {
  std::vector<std::shared_ptr<const v1::DetectRequest>> requests;
  for (const std::string& picture : pictures) {
    auto request = std::make_shared<v1::DetectRequest>();
    request->set_model(command.model);
    request->set_mask_form(command.mask);
    request->mutable_image()->set_encoded(picture);
    requests.push_back(std::move(request));
  }
  return [client, requests = std::move(requests)](int64_t number, Phase* phase) {
    client->Detect(requests[static_cast<size_t>(number) % requests.size()],
                   RecordEnd<v1::DetectResponse>(phase));
  };
}

Start EmbedStart(VisionClient* client, const LoadCommand& command,
                 const std::vector<std::string>& pictures) {
  std::vector<std::shared_ptr<const v1::EmbedRequest>> requests;
  for (const std::string& picture : pictures) {
    auto request = std::make_shared<v1::EmbedRequest>();
    request->set_model(command.model);
    request->set_feature(v1::FEATURE_CLS);
    request->mutable_image()->set_encoded(picture);
    requests.push_back(std::move(request));
  }
  return [client, requests = std::move(requests)](int64_t number, Phase* phase) {
    client->Embed(requests[static_cast<size_t>(number) % requests.size()],
                  RecordEnd<v1::EmbedResponse>(phase));
  };
}

}  // namespace

absl::StatusOr<LoadSummary> RunLoad(const LoadCommand& command,
                                    const std::vector<std::string>& pictures) {
  if (pictures.empty()) {
    return absl::InvalidArgumentError("no pictures to send");
  }
  if (command.requests <= 0 && command.time == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError("neither a number of requests nor a time");
  }
  VisionClient client(
      {.server = command.server, .max_in_flight = command.in_flight, .deadline = command.deadline});
  if (const auto models = client.ListModels(); !models.ok()) {
    return models.status();
  }
  const Start start = command.method == LoadCommand::Method::kDetect
                          ? DetectStart(&client, command, pictures)
                          : EmbedStart(&client, command, pictures);
  Phase warmup(command.in_flight);
  for (int64_t i = 0; i < command.warmup; ++i) {
    warmup.in_flight.Acquire();
    start(i, &warmup);
  }
  client.WaitUntilIdle();
  Phase measured(command.in_flight);
  const absl::Time begin = absl::Now();
  const absl::Time end = begin + command.time;
  for (int64_t i = 0; command.requests <= 0 || i < command.requests; ++i) {
    measured.in_flight.Acquire();
    if (absl::Now() >= end) {
      measured.in_flight.Release();
      break;
    }
    start(i, &measured);
  }
  client.WaitUntilIdle();
  return measured.stats.Summarize(absl::Now() - begin);
}

}  // namespace omserve::client
