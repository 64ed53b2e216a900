// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/answer_timing.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/proto_buffer_reader.h>

namespace omserve::client {

bool ReadTiming(const grpc::ByteBuffer& answer, int field, v1::Timing* timing) {
  using google::protobuf::internal::WireFormatLite;
  if (!answer.Valid() || answer.Length() == 0) {
    return false;
  }
  grpc::ByteBuffer shared = answer;  // the reader wants one that it may change
  grpc::ProtoBufferReader reader(&shared);
  google::protobuf::io::CodedInputStream in(&reader);
  const uint32_t wanted = WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  for (uint32_t tag = in.ReadTag(); tag != 0; tag = in.ReadTag()) {
    if (tag != wanted) {
      if (!WireFormatLite::SkipField(&in, tag)) {
        return false;
      }
      continue;
    }
    int size = 0;
    if (!in.ReadVarintSizeAsInt(&size)) {
      return false;
    }
    const auto limit = in.PushLimit(size);
    timing->Clear();
    const bool whole = timing->MergePartialFromCodedStream(&in) && in.BytesUntilLimit() == 0;
    in.PopLimit(limit);
    return whole;
  }
  return false;
}

}  // namespace omserve::client
