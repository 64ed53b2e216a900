// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/text_proto.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

constexpr uintmax_t kMaxFileBytes = 16 << 20;

// Keeps the first fault; the ones after it are mostly its echo. Single-thread.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(const std::string& path) : path_(path) {}

  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!text_.empty()) return;
    // Protobuf counts from 0 and says -1 for "the file as a whole".
    text_ = line < 0 ? absl::StrCat(path_, ": ", message)
                     : absl::StrCat(path_, ":", line + 1, ":", column + 1, ": ", message);
  }

  const std::string& text() const { return text_; }

 private:
  const std::string& path_;
  std::string text_;
};

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  }
  if (std::filesystem::file_size(path, error) > kMaxFileBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, ": larger than ", kMaxFileBytes, " bytes"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::Status ParseTextProtoFile(const std::string& path, google::protobuf::Message& message) {
  OMSERVE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  FirstError errors(path);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  if (!parser.ParseFromString(text, &message)) {
    return absl::InvalidArgumentError(errors.text().empty() ? absl::StrCat(path, ": not readable")
                                                            : errors.text());
  }
  return absl::OkStatus();
}

}  // namespace omserve
