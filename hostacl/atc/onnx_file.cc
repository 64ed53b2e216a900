// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "onnx_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace hostacl {
namespace {

// Deeper subgraphs are not read; ONNX files have two or three levels.
constexpr int kMostLevels = 32;

// One field of a protobuf message.
struct Field {
  uint32_t number = 0;
  uint64_t value = 0;      // of a varint
  std::string_view bytes;  // of a length-delimited field
};

// Walks over the fields of one message. Never reads outside `bytes`.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  // False at the end, or when the bytes are no protobuf, which good() tells.
  bool Next(Field* field) {
    if (rest_.empty() || !good_) return false;
    uint64_t key = 0;
    good_ = Varint(&key);
    field->number = static_cast<uint32_t>(key >> 3);
    field->bytes = {};
    field->value = 0;
    switch (key & 7) {
      case 0:
        good_ = good_ && Varint(&field->value);
        break;
      case 1:
        good_ = good_ && Skip(8);
        break;
      case 2: {
        uint64_t size = 0;
        good_ = good_ && Varint(&size) && size <= rest_.size();
        if (!good_) break;
        field->bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        break;
      }
      case 5:
        good_ = good_ && Skip(4);
        break;
      default:
        good_ = false;
    }
    return good_;
  }
  bool good() const { return good_; }

 private:
  bool Varint(uint64_t* value) {
    *value = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool Skip(size_t size) {
    if (rest_.size() < size) return false;
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
  bool good_ = true;
};

bool ReadNumber(std::string_view text, uint64_t* value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, *value);
  return result.ec == std::errc() && result.ptr == end;
}

// StringStringEntryProto: key 1, value 2.
bool ReadEntry(std::string_view bytes, OnnxExternal* external) {
  Fields fields(bytes);
  Field field;
  std::string_view key;
  std::string_view value;
  while (fields.Next(&field)) {
    if (field.number == 1) key = field.bytes;
    if (field.number == 2) value = field.bytes;
  }
  if (key == "location") external->location = value;
  if (key == "offset" && !ReadNumber(value, &external->offset)) return false;
  if (key == "length" && !ReadNumber(value, &external->length)) return false;
  return fields.good();
}

// TensorProto: name 8, external_data 13, data_location 14 (1: external).
bool ReadTensor(std::string_view bytes, OnnxFile* file) {
  Fields fields(bytes);
  Field field;
  OnnxExternal external;
  bool is_external = false;
  while (fields.Next(&field)) {
    if (field.number == 8) external.tensor = field.bytes;
    if (field.number == 14) is_external = field.value == 1;
    if (field.number == 13 && !ReadEntry(field.bytes, &external)) return false;
  }
  if (is_external) file->externals.push_back(std::move(external));
  return fields.good();
}

bool ReadGraph(std::string_view bytes, int level, OnnxFile* file);

// AttributeProto: t 5, g 6, tensors 10, graphs 11.
bool ReadAttribute(std::string_view bytes, int level, OnnxFile* file) {
  Fields fields(bytes);
  Field field;
  while (fields.Next(&field)) {
    const bool graph = field.number == 6 || field.number == 11;
    const bool tensor = field.number == 5 || field.number == 10;
    if (graph && !ReadGraph(field.bytes, level + 1, file)) return false;
    if (tensor && !ReadTensor(field.bytes, file)) return false;
  }
  return fields.good();
}

// NodeProto: output 2, name 3, op_type 4, attribute 5, domain 7.
bool ReadNode(std::string_view bytes, int level, OnnxFile* file) {
  Fields fields(bytes);
  Field field;
  OnnxNode node;
  while (fields.Next(&field)) {
    if (field.number == 2) node.outputs.emplace_back(field.bytes);
    if (field.number == 3) node.name = field.bytes;
    if (field.number == 4) node.op = field.bytes;
    if (field.number == 7) node.domain = field.bytes;
    if (field.number == 5 && !ReadAttribute(field.bytes, level, file)) return false;
  }
  if (node.domain == "ai.onnx") node.domain.clear();
  file->nodes.push_back(std::move(node));
  return fields.good();
}

// GraphProto: node 1, initializer 5.
bool ReadGraph(std::string_view bytes, int level, OnnxFile* file) {
  if (level > kMostLevels) return false;
  Fields fields(bytes);
  Field field;
  while (fields.Next(&field)) {
    if (field.number == 1 && !ReadNode(field.bytes, level, file)) return false;
    if (field.number == 5 && !ReadTensor(field.bytes, file)) return false;
  }
  return fields.good();
}

// OperatorSetIdProto: domain 1, version 2.
bool ReadOpset(std::string_view bytes, OnnxFile* file) {
  Fields fields(bytes);
  Field field;
  std::string domain;
  int64_t version = 0;
  while (fields.Next(&field)) {
    if (field.number == 1) domain = field.bytes;
    if (field.number == 2) version = static_cast<int64_t>(field.value);
  }
  file->opsets[domain == "ai.onnx" ? "" : domain] = version;
  return fields.good();
}

// ModelProto: graph 7, opset_import 8.
bool ReadModel(std::string_view bytes, OnnxFile* file) {
  Fields fields(bytes);
  Field field;
  bool graph = false;
  while (fields.Next(&field)) {
    if (field.number == 7) {
      graph = true;
      if (!ReadGraph(field.bytes, 0, file)) return false;
    }
    if (field.number == 8 && !ReadOpset(field.bytes, file)) return false;
  }
  return fields.good() && graph;
}

}  // namespace

std::string OnnxNode::Label() const {
  if (!name.empty()) return name;
  return outputs.empty() ? "(no name)" : outputs.front();
}

std::vector<const OnnxNode*> OnnxFile::NodesOf(const std::string& op) const {
  std::vector<const OnnxNode*> found;
  for (const OnnxNode& node : nodes) {
    if (node.op == op) found.push_back(&node);
  }
  return found;
}

const OnnxNode* OnnxFile::FindNode(const std::string& name) const {
  for (const OnnxNode& node : nodes) {
    if (node.Label() == name || node.name == name) return &node;
  }
  return nullptr;
}

bool ReadOnnxFile(const std::string& path, OnnxFile* file, std::string* problem) {
  *file = OnnxFile();
  const int handle = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status = {};
  if (handle < 0 || fstat(handle, &status) != 0) {
    *problem = "cannot read the ONNX file " + path + ": " + std::strerror(errno);
    if (handle >= 0) close(handle);
    return false;
  }
  const auto size = static_cast<size_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size == 0) {
    close(handle);
    *problem = path + " is " + (size == 0 ? "empty" : "no file") + "; --model names an ONNX file";
    return false;
  }
  void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, handle, 0);
  close(handle);
  if (bytes == MAP_FAILED) {
    *problem = "cannot read the ONNX file " + path + ": " + std::strerror(errno);
    return false;
  }
  const bool good = ReadModel({static_cast<const char*>(bytes), size}, file);
  munmap(bytes, size);
  if (!good) {
    *problem = path + " is no ONNX file, or is cut off: its protobuf cannot be read";
    return false;
  }
  return true;
}

}  // namespace hostacl
