// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/request_class.h"

#include <grpc/support/time.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "client/load/answer_timing.h"
#include "client/load/kserve_request.h"
#include "client/picture_files.h"

namespace omserve::client {
namespace {

grpc::ByteBuffer Serialized(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer Body(const ClassSpec& spec, const v1::Image& picture) {
  if (spec.method == ClassSpec::Method::kRead) {
    v1::ReadTextRequest request;
    request.set_model(spec.model);
    *request.mutable_image() = picture;
    return Serialized(request);
  }
  if (spec.method == ClassSpec::Method::kDetect) {
    v1::DetectRequest request;
    request.set_model(spec.model);
    request.set_mask_form(spec.mask);
    *request.mutable_image() = picture;
    return Serialized(request);
  }
  v1::EmbedRequest request;
  request.set_model(spec.model);
  request.set_feature(v1::FEATURE_CLS);
  *request.mutable_image() = picture;
  return Serialized(request);
}

// Noise, the same in every run: nothing on the way can make it smaller.
v1::Image MadeUp(const RawSize& size) {
  std::string pixels(static_cast<size_t>(size.width) * static_cast<size_t>(size.height) * 3, '\0');
  uint32_t value = 1;
  for (char& byte : pixels) {
    value = value * 1664525U + 1013904223U;
    byte = static_cast<char>(value >> 24);
  }
  v1::Image image;
  image.mutable_raw()->set_width(size.width);
  image.mutable_raw()->set_height(size.height);
  image.mutable_raw()->set_order(v1::RawPixels::ORDER_RGB);
  image.mutable_raw()->set_pixels(std::move(pixels));
  return image;
}

}  // namespace

absl::StatusOr<RequestClass> RequestClass::Make(const ClassSpec& spec,
                                                const std::vector<v1::Image>& pictures) {
  RequestClass made;
  made.spec_ = spec;
  if (spec.method == ClassSpec::Method::kInfer) {
    absl::StatusOr<std::vector<grpc::ByteBuffer>> bodies = KserveBodies(spec);
    if (!bodies.ok()) {
      return bodies.status();
    }
    made.bodies_ = *std::move(bodies);
  } else if (pictures.empty()) {
    return absl::InvalidArgumentError("no pictures to send");
  }
  switch (spec.method) {
    case ClassSpec::Method::kDetect:
      made.path_ = "/omserve.v1.Vision/Detect";
      made.timing_field_ = v1::DetectResponse::kTimingFieldNumber;
      break;
    case ClassSpec::Method::kEmbed:
      made.path_ = "/omserve.v1.Vision/Embed";
      made.timing_field_ = v1::EmbedResponse::kTimingFieldNumber;
      break;
    case ClassSpec::Method::kRead:
      made.path_ = "/omserve.v1.Vision/ReadText";
      made.timing_field_ = v1::ReadTextResponse::kTimingFieldNumber;
      break;
    case ClassSpec::Method::kInfer:
      made.path_ = kModelInfer;
      break;
  }
  made.limit_ = spec.limit > absl::ZeroDuration()    ? spec.limit
                : spec.budget > absl::ZeroDuration() ? spec.budget
                                                     : spec.deadline;
  for (const v1::Image& picture : made.bodies_.empty() ? pictures : std::vector<v1::Image>()) {
    made.bodies_.push_back(Body(spec, picture));
  }
  if (!spec.priority.empty()) {
    made.metadata_.emplace_back("omserve-priority", spec.priority);
  }
  if (spec.budget > absl::ZeroDuration()) {
    made.metadata_.emplace_back("omserve-budget-ms",
                                absl::StrCat(absl::ToDoubleMilliseconds(spec.budget)));
  }
  return made;
}

bool RequestClass::ReadTimes(const grpc::ByteBuffer& answer, v1::Timing* timing) const {
  if (spec_.method != ClassSpec::Method::kInfer) {
    return ReadTiming(answer, timing_field_, timing);
  }
  return spec_.server_times && ReadKserveTiming(answer, timing);
}

void RequestClass::Prepare(grpc::ClientContext* context, absl::Duration more) const {
  // A span, not a time of day: a step of the clock changes no deadline.
  context->set_deadline(
      gpr_time_from_nanos(absl::ToInt64Nanoseconds(spec_.deadline + more), GPR_TIMESPAN));
  for (const auto& [key, value] : metadata_) {
    context->AddMetadata(key, value);
  }
  access_.Sign(*context);
}

absl::StatusOr<std::vector<v1::Image>> PicturesOf(const ClassSpec& spec) {
  if (spec.method == ClassSpec::Method::kInfer) {
    return std::vector<v1::Image>();
  }
  if (spec.raw.width > 0) {
    return std::vector<v1::Image>{MadeUp(spec.raw)};
  }
  const absl::StatusOr<std::vector<std::string>> files = ListPictures(spec.images);
  if (!files.ok()) {
    return files.status();
  }
  std::vector<v1::Image> pictures;
  for (const std::string& file : *files) {
    absl::StatusOr<std::string> bytes = ReadFile(file);
    if (!bytes.ok()) {
      return bytes.status();
    }
    pictures.emplace_back().set_encoded(*std::move(bytes));
  }
  return pictures;
}

absl::StatusOr<std::vector<RequestClass>> MakeClasses(const std::vector<ClassSpec>& specs) {
  std::vector<RequestClass> classes;
  for (const ClassSpec& spec : specs) {
    const absl::StatusOr<std::vector<v1::Image>> pictures = PicturesOf(spec);
    absl::StatusOr<RequestClass> made =
        pictures.ok() ? RequestClass::Make(spec, *pictures) : pictures.status();
    if (!made.ok()) {
      return absl::Status(made.status().code(),
                          absl::StrCat(spec.name, ": ", made.status().message()));
    }
    classes.push_back(*std::move(made));
  }
  return classes;
}

}  // namespace omserve::client
