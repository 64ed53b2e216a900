// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// libFuzzer target of the .om reader. The checksum is left out, so that what lies behind it is
// reached: the table, the description, the search for a chip's name.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "om_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  hostacl::OmContainer container;
  hostacl::OmModel model;
  (void)hostacl::DecodeOm(bytes, true, &model);
  if (hostacl::ReadContainer(bytes, false, &container).code != ACL_SUCCESS) return 0;
  for (const auto& partition : container.partitions) {
    hostacl::OmModel described;
    if (hostacl::DecodeOmMetadata(partition.bytes, &described).code != ACL_SUCCESS) continue;
    for (size_t gear = 0; gear < described.gear_count(); ++gear) {
      for (const auto& tensor : described.inputs) (void)tensor.BytesAt(gear);
    }
  }
  return 0;
}
