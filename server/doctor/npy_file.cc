// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/npy_file.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

constexpr absl::string_view kMagic("\x93NUMPY\x01\x00", 8);
constexpr size_t kPrelude = 10;    // magic, and two bytes of the header's length
constexpr size_t kAlignment = 64;  // of the data
constexpr int64_t kMostBytes = int64_t{4} << 30;
constexpr std::array<std::pair<DType, absl::string_view>, 5> kTypes = {{
    {DType::kFloat32, "<f4"},
    {DType::kFloat16, "<f2"},
    {DType::kUint8, "|u1"},
    {DType::kInt32, "<i4"},
    {DType::kInt64, "<i8"},
}};

// What stands behind "'key': " up to 'end'; empty when it does not.
absl::string_view ValueOf(absl::string_view header, absl::string_view key, char end) {
  const std::string wanted = absl::StrCat("'", key, "': ");
  const size_t at = header.find(wanted);
  if (at == absl::string_view::npos) return {};
  const absl::string_view rest = header.substr(at + wanted.size());
  const size_t stop = rest.find(end);
  return stop == absl::string_view::npos ? absl::string_view() : rest.substr(0, stop);
}

absl::StatusOr<Shape> ShapeOf(absl::string_view header) {
  const absl::string_view text = ValueOf(header, "shape", ')');
  if (!absl::StartsWith(text, "(")) return absl::InvalidArgumentError("it has no shape");
  Shape shape;
  int64_t elements = 1;
  for (const absl::string_view piece :
       absl::StrSplit(text.substr(1), ',', absl::SkipWhitespace())) {
    int64_t dim = 0;
    if (!absl::SimpleAtoi(piece, &dim) || dim < 0 || (dim > 0 && elements > kMostBytes / dim)) {
      return absl::InvalidArgumentError("its shape makes no sense, or is above 4 GiB");
    }
    elements *= dim;
    shape.push_back(dim);
  }
  return shape;
}

absl::StatusOr<HostTensor> Parse(std::ifstream& file, uint64_t file_bytes) {
  std::string prelude(kPrelude, '\0');
  file.read(prelude.data(), kPrelude);
  if (!file || !absl::StartsWith(prelude, kMagic)) {
    return absl::InvalidArgumentError("is no NumPy file of version 1.0");
  }
  const size_t length = static_cast<unsigned char>(prelude[8]) |
                        static_cast<size_t>(static_cast<unsigned char>(prelude[9])) << 8;
  std::string header(length, '\0');
  file.read(header.data(), static_cast<std::streamsize>(length));
  if (!file || ValueOf(header, "fortran_order", ',') != "False") {
    return absl::InvalidArgumentError("is cut off, or its columns come first");
  }
  OMSERVE_ASSIGN_OR_RETURN(const Shape shape, ShapeOf(header));
  const std::string descr(ValueOf(header, "descr", ','));
  for (const auto& [dtype, name] : kTypes) {
    if (descr != absl::StrCat("'", name, "'")) continue;
    const uint64_t bytes = static_cast<uint64_t>(NumElements(shape)) * DTypeSize(dtype);
    if (file_bytes != kPrelude + length + bytes) {
      return absl::InvalidArgumentError("is cut off, or longer than its header says");
    }
    HostTensor tensor = TensorAllocator::Heap().Allocate(dtype, shape);
    file.read(reinterpret_cast<char*>(tensor.data()), static_cast<std::streamsize>(bytes));
    if (!file) return absl::InvalidArgumentError("is cut off");
    return tensor;
  }
  return absl::InvalidArgumentError(absl::StrCat("its elements are of another type: ", descr));
}

}  // namespace

absl::Status WriteNpy(const std::string& path, const HostTensor& tensor) {
  absl::string_view descr;
  for (const auto& [dtype, name] : kTypes) {
    if (dtype == tensor.dtype()) descr = name;
  }
  std::string header = absl::StrCat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (",
                                    absl::StrJoin(tensor.shape(), ", "),
                                    tensor.shape().size() == 1 ? ",), }" : "), }");
  const size_t used = kPrelude + header.size() + 1;
  header.append((kAlignment - used % kAlignment) % kAlignment, ' ');
  header += '\n';
  if (header.size() > std::numeric_limits<uint16_t>::max()) {
    return absl::InvalidArgumentError("a shape of that many dimensions cannot be written");
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << kMagic << static_cast<char>(header.size() & 0xff) << static_cast<char>(header.size() >> 8)
       << header;
  file.write(reinterpret_cast<const char*>(tensor.data()),
             static_cast<std::streamsize>(tensor.bytes()));
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
  return absl::OkStatus();
}

absl::StatusOr<HostTensor> ReadNpy(const std::string& path) {
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  absl::StatusOr<HostTensor> tensor = Parse(file, bytes);
  if (!tensor.ok()) {
    return absl::Status(tensor.status().code(),
                        absl::StrCat(path, ": ", tensor.status().message()));
  }
  return tensor;
}

}  // namespace omserve
