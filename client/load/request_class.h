// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "client/load/class_spec.h"
#include "omserve/client/access.h"

namespace omserve::client {

// A class of requests ready to be sent: every request of it is serialised once, and sent from the
// same bytes each time. Thread-safe once it is made.
class RequestClass {
 public:
  // One request for every picture; of infer, those of KserveBodies. INVALID_ARGUMENT without
  // pictures (or inputs).
  static absl::StatusOr<RequestClass> Make(const ClassSpec& spec,
                                           const std::vector<v1::Image>& pictures);

  const ClassSpec& spec() const { return spec_; }
  // Of the unary call: "/omserve.v1.Vision/Detect" or the like.
  const std::string& path() const { return path_; }
  // Reads what an answer tells about the server's times. False if that is nothing.
  bool ReadTimes(const grpc::ByteBuffer& answer, v1::Timing* timing) const;
  // Answers are in time if they come within this of their scheduled time.
  absl::Duration limit() const { return limit_; }
  // How many different requests there are; they come by turns.
  size_t bodies() const { return bodies_.size(); }
  // The body of the request with this number: the pictures by turns.
  const grpc::ByteBuffer& body(uint64_t number) const { return bodies_[number % bodies_.size()]; }
  // Who sends it; nobody in particular before.
  void set_access(const Access& access) { access_ = access; }
  // Deadline and metadata of a request that is sent now, and may go on for 'more'.
  void Prepare(grpc::ClientContext* context, absl::Duration more = absl::ZeroDuration()) const;

 private:
  RequestClass() = default;

  ClassSpec spec_;
  std::string path_;
  int timing_field_ = 0;
  absl::Duration limit_;
  std::vector<grpc::ByteBuffer> bodies_;
  std::vector<std::pair<std::string, std::string>> metadata_;
  Access access_;
};

// The pictures that 'spec' names: files as they are, raw ones made up. An error of the files, with
// the path. Thread-safe.
absl::StatusOr<std::vector<v1::Image>> PicturesOf(const ClassSpec& spec);

// RequestClass::Make with PicturesOf, for each. Errors begin with the class's name.
absl::StatusOr<std::vector<RequestClass>> MakeClasses(const std::vector<ClassSpec>& specs);

}  // namespace omserve::client
