// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "om_file.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "om_description.h"

namespace hostacl {
namespace {

// Offsets in the documented 256-byte header, little endian.
constexpr uint32_t kMagic = 0x444F4D49;  // "IMOD"
constexpr uint32_t kHeaderSize = 256;
constexpr uint32_t kVersion = 0x10000000;
constexpr size_t kMagicAt = 0;
constexpr size_t kHeaderSizeAt = 4;
constexpr size_t kVersionAt = 8;
constexpr size_t kChecksumAt = 12;
constexpr size_t kLengthAt = 76;
constexpr size_t kHasChecksumAt = 81;
constexpr size_t kModelTypeAt = 82;
constexpr size_t kNameAt = 84;
constexpr size_t kNameSize = 32;
constexpr size_t kModelNumberAt = 156;
constexpr size_t kModelLengthAt = 184;
constexpr size_t kDynamicAt = 193;

// Our content: this mark, u64 JSON length, u64 graph length, the JSON, the graph.
constexpr char kMark[8] = {'h', 'o', 's', 't', 'a', 'c', 'l', '2'};
constexpr size_t kMarkedSize = sizeof kMark + 2 * sizeof(uint64_t);

template <typename T>
void Put(std::string* bytes, size_t at, T value) {
  std::memcpy(bytes->data() + at, &value, sizeof value);
}

template <typename T>
T Take(std::string_view bytes, size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

std::string EncodeOm(const OmModel& model) {
  const std::string json = EncodeDescription(model);

  std::string bytes(kHeaderSize + kMarkedSize, '\0');
  const uint64_t content_size = kMarkedSize + json.size() + model.graph.size();
  Put<uint32_t>(&bytes, kMagicAt, kMagic);
  Put<uint32_t>(&bytes, kHeaderSizeAt, kHeaderSize);
  Put<uint32_t>(&bytes, kVersionAt, kVersion);
  // The old 32-bit length holds what fits; readers use the 64-bit one.
  Put<uint32_t>(&bytes, kLengthAt, static_cast<uint32_t>(content_size));
  Put<uint8_t>(&bytes, kHasChecksumAt, 1);
  Put<uint8_t>(&bytes, kModelTypeAt, 1);
  std::memcpy(bytes.data() + kNameAt, model.name.data(),
              std::min(model.name.size(), kNameSize - 1));
  Put<uint32_t>(&bytes, kModelNumberAt, 1);
  Put<uint64_t>(&bytes, kModelLengthAt, content_size);
  Put<uint8_t>(&bytes, kDynamicAt, model.gears.empty() ? 0 : 1);
  std::memcpy(bytes.data() + kHeaderSize, kMark, sizeof kMark);
  Put<uint64_t>(&bytes, kHeaderSize + sizeof kMark, json.size());
  Put<uint64_t>(&bytes, kHeaderSize + sizeof kMark + sizeof(uint64_t), model.graph.size());
  bytes += json;
  bytes += model.graph;
  const std::string checksum =
      DigestOf(bytes.data() + kHeaderSize, bytes.size() - kHeaderSize).ToHex();
  std::memcpy(bytes.data() + kChecksumAt, checksum.data(), checksum.size());
  return bytes;
}

OmProblem DecodeOm(std::string_view bytes, bool with_graph, OmModel* model) {
  if (bytes.size() >= sizeof kMagic && Take<uint32_t>(bytes, kMagicAt) != kMagic) {
    return {ACL_ERROR_PARSE_MODEL, "this is no .om file: it does not begin with IMOD"};
  }
  if (bytes.size() < kHeaderSize) {
    return {ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID,
            "the model is cut off: " + std::to_string(bytes.size()) + " bytes, no whole header"};
  }
  const uint64_t content_size = Take<uint64_t>(bytes, kModelLengthAt);
  if (Take<uint32_t>(bytes, kHeaderSizeAt) != kHeaderSize) {
    return {ACL_ERROR_PARSE_MODEL, "the model's header has an unknown size"};
  }
  if (bytes.size() - kHeaderSize < content_size) {
    return {ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID,
            "the model is cut off: its header promises " + std::to_string(content_size) +
                " bytes of content, there are " + std::to_string(bytes.size() - kHeaderSize)};
  }
  const std::string_view content = bytes.substr(kHeaderSize, content_size);
  if (content.size() < kMarkedSize || std::memcmp(content.data(), kMark, sizeof kMark) != 0) {
    return {ACL_ERROR_DESERIALIZE_MODEL,
            "this .om was not made by this atc: it holds code for a card, which hostacl cannot"
            " run; compile its ONNX again with hostacl's atc"};
  }
  const uint64_t json_size = Take<uint64_t>(content, sizeof kMark);
  const uint64_t graph_size = Take<uint64_t>(content, sizeof kMark + sizeof(uint64_t));
  if (json_size > content_size - kMarkedSize ||
      graph_size != content_size - kMarkedSize - json_size) {
    return {ACL_ERROR_READ_MODEL_FAILURE, "the model's content is damaged: lengths do not add up"};
  }
  const Digest digest = DigestOf(content.data(), content.size());
  const std::string checksum = digest.ToHex();
  if (bytes.substr(kChecksumAt, checksum.size()) != checksum) {
    return {ACL_ERROR_READ_MODEL_FAILURE,
            "the model's content is damaged: its checksum does not fit"};
  }
  *model = OmModel();
  if (!DecodeDescription(content.substr(kMarkedSize, json_size), model)) {
    return {ACL_ERROR_MODEL_MISSING_ATTR, "the model's description lacks or misstates a field"};
  }
  model->digest = digest;
  if (with_graph) model->graph = content.substr(kMarkedSize + json_size);
  return {};
}

OmProblem ReadOmFile(const std::string& path, std::string* bytes) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf())) {
    return {ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID, "cannot read the model file " + path};
  }
  *bytes = std::move(content).str();
  return {};
}

}  // namespace hostacl
