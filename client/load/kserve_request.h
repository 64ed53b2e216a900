// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/load/class_spec.h"
#include "omserve/client/access.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// The method's path.
inline constexpr char kModelInfer[] = "/inference.GRPCInferenceService/ModelInfer";

// The requests of a class of kInfer, serialised: one, or as many as its longest list of texts.
// INVALID_ARGUMENT: no inputs, or one that cannot be made. Thread-safe.
absl::StatusOr<std::vector<grpc::ByteBuffer>> KserveBodies(const ClassSpec& spec);

// Fills spec->inputs, if there are none, from the server's ModelMetadata: sides that the model
// leaves open are 1. Errors: those of the call. Blocks, 10 s at most.
absl::Status DeriveInputs(const std::shared_ptr<grpc::Channel>& channel, const Access& access,
                          ClassSpec* spec);

// OK, or why the model cannot be asked; a server without ModelReady is taken as ready. Blocks, 10 s
// at most.
absl::Status CheckModelReady(const std::shared_ptr<grpc::Channel>& channel, const Access& access,
                             const std::string& model);

// What omserve tells in the parameters of an answer (total_us, queue_us, compute_*_us), as a Timing
// with one stage that has the model's name. False without them. Thread-safe.
bool ReadKserveTiming(const grpc::ByteBuffer& answer, v1::Timing* timing);

}  // namespace omserve::client
