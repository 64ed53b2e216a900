// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/status_conversion.h"

#include <string_view>

#include "absl/strings/ascii.h"

namespace omserve {
namespace {

constexpr size_t kMaxText = 500;

// A path begins with '/', './' or '../' and has more after it.
bool IsPath(std::string_view word) {
  return word.size() > 1 &&
         (word.substr(0, 1) == "/" || word.substr(0, 2) == "./" || word.substr(0, 3) == "../");
}

bool EndsWord(char c) {
  return absl::ascii_isspace(static_cast<unsigned char>(c)) || c == '\'' || c == '"' || c == '(' ||
         c == ')' || c == '=' || c == ',';
}

bool IsInside(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss || code == absl::StatusCode::kFailedPrecondition;
}

}  // namespace

std::string WithoutPaths(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (EndsWord(text[i])) {
      out += text[i++];
      continue;
    }
    size_t end = i;
    while (end < text.size() && !EndsWord(text[end])) ++end;
    const std::string_view word = text.substr(i, end - i);
    if (IsPath(word)) {
      out += word.back() == ':' ? "(path):" : "(path)";
    } else {
      out += word;
    }
    i = end;
  }
  return out;
}

bool IsOurFailure(const absl::Status& status) {
  return IsInside(status.code()) || absl::IsUnavailable(status);
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  if (IsInside(status.code())) {
    return {code, "the server failed; its log tells why"};
  }
  std::string text = WithoutPaths({status.message().data(), status.message().size()});
  if (text.size() > kMaxText) text = text.substr(0, kMaxText - 3) + "...";
  return {code, text};
}

grpc::Status ToOperatorStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

}  // namespace omserve
