// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// Reads the Timing out of a serialised answer, where it is the field with this number, and skips
// all else unparsed: masks and features are large, and a load test does not look at them. False if
// there is none or the bytes are no message. Thread-safe.
bool ReadTiming(const grpc::ByteBuffer& answer, int field, v1::Timing* timing);

}  // namespace omserve::client
