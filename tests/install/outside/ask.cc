// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// usage: ask TARGET CA TOKEN_FILE PICTURE     prints what is in the picture, asked for in three
// ways
#include <omserve/client/client.h>

#include <fstream>
#include <future>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

namespace oc = omserve::client;
namespace v1 = omserve::v1;

namespace {

int Fail(const char* what, const absl::Status& status) {
  std::cerr << what << ": " << status << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  oc::ClientOptions options;
  options.target = argv[1];
  options.access.tls_ca = argv[2];
  options.access.token_file = argv[3];
  options.deadline = absl::Seconds(30);
  auto client = oc::Client::Create(options);
  if (!client.ok()) return Fail("options", client.status());

  std::ifstream file(argv[4], std::ios::binary);
  v1::DetectRequest request;
  request.mutable_image()->set_encoded(std::string(std::istreambuf_iterator<char>(file), {}));

  const auto future = (*client)->Detect(request).get();
  if (!future.ok()) return Fail("future", future.status());
  std::cout << "future " << future->detections_size() << "\n";

  std::promise<absl::StatusOr<v1::DetectResponse>> called;
  (*client)->Detect(request, [&](auto answer) { called.set_value(std::move(answer)); });
  const auto answer = called.get_future().get();
  if (!answer.ok()) return Fail("callback", answer.status());
  std::cout << "callback " << answer->detections_size() << "\n";

  int frames = 0;
  absl::Status end;
  oc::DetectStream::Events events;
  events.on_answer = [&](const v1::FrameAnswer& frame) {
    if (!frame.has_error()) ++frames;
  };
  events.on_end = [&](const absl::Status& status) { end = status; };
  const auto stream = (*client)->OpenDetectStream(std::move(events));
  stream->Send(request);
  stream->Finish();
  if (!stream->WaitForEnd(absl::Seconds(30)) || !end.ok()) return Fail("stream", end);
  std::cout << "stream " << frames << "\n";
  return 0;
}
