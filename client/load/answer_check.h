// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/load/request_class.h"

namespace omserve::client {

// The golden answers of a load: what each of its requests must be answered with. Two answers are
// the same if everything is but times, ids and versions; floating-point numbers may be kTolerance
// apart, relatively and absolutely, because batches of other sizes round in other ways.
// Thread-safe.
class AnswerCheck {
 public:
  static constexpr double kTolerance = 1e-3;

  // Asks 'channel' for each request once, one after the other; with a 'folder', answers that lie
  // there (CLASS-NUMBER.answer, serialised) are taken instead, and those that do not are put there.
  // Errors: of the calls and files, with the class. Blocks.
  static absl::StatusOr<AnswerCheck> Make(const std::vector<RequestClass>& classes,
                                          const std::shared_ptr<grpc::Channel>& channel,
                                          const std::string& folder);

  // Whether the answer to request 'number' of a class is right.
  bool IsRight(size_t request_class, uint64_t number, const grpc::ByteBuffer& answer) const;
  // The same for an answer that is parsed already.
  bool IsRight(size_t request_class, uint64_t number,
               const google::protobuf::Message& answer) const;

 private:
  using Message = std::shared_ptr<const google::protobuf::Message>;

  AnswerCheck() = default;

  std::vector<std::vector<Message>> golden_;  // by class, by body
};

}  // namespace omserve::client
