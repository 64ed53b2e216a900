// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/load/kserve_input.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// Pixels of a picture that is made up.
struct RawSize {
  int width = 0;  // 0: no such picture
  int height = 0;
};

// One kind of request in a load, as the user describes it.
struct ClassSpec {
  // kInfer is ModelInfer of KServe v2, the others are calls of omserve.v1.
  enum class Method { kDetect, kEmbed, kRead, kInfer };
  std::string name;
  double share = 1;  // of the requests, over the sum of all shares; above 0
  Method method = Method::kDetect;
  std::string model;                              // empty: the only one
  std::vector<std::string> images;                // files and folders; or
  RawSize raw;                                    // one picture of raw pixels
  v1::MaskForm mask = v1::MASK_FORM_UNSPECIFIED;  // of Detect
  std::string priority;                           // "interactive", "batch"; empty: not sent
  absl::Duration deadline = absl::Seconds(60);    // gRPC deadline, from the time it is sent
  absl::Duration budget = absl::ZeroDuration();   // sent as metadata; 0: not sent
  // Answers within this of their scheduled time are in time; 0: the budget, else the deadline.
  absl::Duration limit = absl::ZeroDuration();
  double cancel = 0;  // share of requests that are cancelled, 0 to 1
  // Cancelled requests are so at a random time up to this after they are sent.
  absl::Duration cancel_within = absl::Milliseconds(20);
  // A slow reader: an answer, or the next one of a stream, is asked for so long after it could be.
  absl::Duration read_after = absl::ZeroDuration();
  // Above 0: not single requests but so many live videos (DetectStream), each of 'fps' frames a
  // second whatever the answers do; the server keeps the newest frame.
  int cameras = 0;
  double fps = 25;
  std::vector<KserveInput> inputs;  // of kInfer; empty: as the server's ModelMetadata says
  bool server_times = false;        // kInfer: ask for the parameters in which omserve tells times
};

// "16x16": 1 to 16384 each. INVALID_ARGUMENT otherwise. Thread-safe.
absl::StatusOr<RawSize> ParseRawSize(const std::string& text);

// "a.jpg:3,b.jpg:1": a class for every file, named after it, with its share (1 if not given) and
// everything else from 'base'. INVALID_ARGUMENT: no file, or a share not above 0. Thread-safe.
absl::StatusOr<std::vector<ClassSpec>> ParseMix(const std::string& text, const ClassSpec& base);

// "detect", "embed", "read" or "infer".
const char* MethodName(ClassSpec::Method method);

}  // namespace omserve::client
