// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/arena.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "inference/grpc_service.pb.h"
#include "server/service/kserve/raw_contents.h"

namespace omserve::kserve {

// A ModelInferRequest whose raw contents stay where gRPC received them. Move-only, as what it
// points to is inside it; thread-compatible.
class InferMessage {
 public:
  // Tensors, parameters and requested outputs that a request may have, and bytes beside the raw
  // contents: a parsed field takes up to 80 times the memory of its bytes on the wire, so that the
  // limits come before the parser.
  static constexpr int kMostEntries = 256;
  static constexpr size_t kMostHeadBytes = 4 << 20;

  // INVALID_ARGUMENT when it is not such a message, or beyond the limits.
  static absl::StatusOr<InferMessage> Parse(const grpc::ByteBuffer& buffer);

  InferMessage(InferMessage&&) = default;
  InferMessage& operator=(InferMessage&&) = default;

  // All but raw_input_contents.
  const inference::ModelInferRequest& head() const { return *head_->request; }
  const std::vector<RawContents>& raw() const { return raw_; }

 private:
  // The message and what it consists of, in one piece of memory for requests of the usual size.
  struct Head {
    alignas(std::max_align_t) std::array<char, 832> memory;
    google::protobuf::Arena arena{memory.data(), memory.size()};
    inference::ModelInferRequest* const request =
        google::protobuf::Arena::CreateMessage<inference::ModelInferRequest>(&arena);
  };

  InferMessage() : head_(std::make_unique<Head>()) {}

  std::vector<grpc::Slice> slices_;  // never changed after Parse: short ones hold their bytes
  std::unique_ptr<Head> head_;
  std::vector<RawContents> raw_;
};

}  // namespace omserve::kserve
