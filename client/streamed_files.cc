// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/streamed_files.h"

#include <utility>

#include "client/picture_files.h"

namespace omserve::client {

StreamedFiles StreamFiles(VisionClient& client, const std::vector<std::string>& files, double rate,
                          const v1::DetectRequest& form) {
  StreamedFiles out;
  out.answers.resize(files.size());
  std::vector<std::string> pictures;
  std::vector<size_t> file_of;  // by frame
  for (size_t i = 0; i < files.size(); ++i) {
    out.answers[i].file = files[i];
    absl::StatusOr<std::string> bytes = ReadFile(files[i]);
    if (!bytes.ok()) {
      out.answers[i].status = bytes.status();
      continue;
    }
    pictures.push_back(*std::move(bytes));
    file_of.push_back(i);
  }
  out.frames = static_cast<int>(pictures.size());

  FramePlan plan;
  plan.count = out.frames;
  plan.interval = rate > 0 ? absl::Seconds(1 / rate) : absl::ZeroDuration();
  plan.frame = [&](int number) {
    v1::DetectRequest request = form;
    request.mutable_image()->set_encoded(std::move(pictures[static_cast<size_t>(number)]));
    return request;
  };
  size_t next = 0;  // frame whose answer or drop comes next
  plan.on_answer = [&](const v1::FrameAnswer& answer) {
    if (answer.frame() <= static_cast<int64_t>(next) || answer.frame() > out.frames) {
      return;  // of no frame of ours: a server that is not one of these
    }
    for (; next + 1 < static_cast<size_t>(answer.frame()); ++next) {
      out.answers[file_of[next]].status =
          absl::AbortedError("dropped: a newer frame came before it was looked at");
      ++out.dropped;
    }
    DetectFileAnswer& file = out.answers[file_of[next++]];
    ++out.answered;
    if (answer.has_error()) {
      file.status = absl::Status(static_cast<absl::StatusCode>(answer.error().code()),
                                 answer.error().message());
    } else {
      file.answer = answer.response();
    }
  };
  absl::Status ended = client.DetectStream(plan);
  if (ended.ok()) {
    ended = absl::InternalError("the server ended the stream without an answer to the frame");
  }
  for (; next < file_of.size(); ++next) {
    out.answers[file_of[next]].status = ended;
  }
  return out;
}

}  // namespace omserve::client
