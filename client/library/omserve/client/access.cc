// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "omserve/client/access.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/mutex.h"

namespace omserve::client {
namespace {

constexpr std::chrono::seconds kReadAgainAfter{10};
constexpr size_t kLongestToken = 4096;
constexpr char kSystem[] = "system";

absl::StatusOr<std::string> Contents(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;  // whose << ends well where an iterator over the file would throw
  text << file.rdbuf();
  if (text && !text.str().empty()) return text.str();
  return errno == 0 ? absl::InvalidArgumentError(absl::StrCat(path, " is empty or no file"))
                    : absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
}

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  absl::StatusOr<std::string> text = Contents(path);
  if (!text.ok()) return text.status();
  absl::StripAsciiWhitespace(&*text);
  const bool fits = !text->empty() && text->size() <= kLongestToken &&
                    std::all_of(text->begin(), text->end(),
                                [](unsigned char c) { return absl::ascii_isgraph(c); });
  if (fits) return text;
  return absl::InvalidArgumentError(absl::StrCat(path,
                                                 " has to hold one token: a line without spaces, ",
                                                 kLongestToken, " characters at most"));
}

}  // namespace

class Access::Token {
 public:
  Token(std::string path, std::string token)
      : path_(std::move(path)), token_(std::move(token)), read_(Clock::now()) {}

  std::string Header() {
    MutexLock lock(mutex_);
    if (Clock::now() - read_ > kReadAgainAfter) {
      read_ = Clock::now();
      if (absl::StatusOr<std::string> token = ReadToken(path_); token.ok()) {
        token_ = *std::move(token);
      }
    }
    return absl::StrCat("Bearer ", token_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  const std::string path_;
  Mutex mutex_;
  std::string token_ ABSL_GUARDED_BY(mutex_);
  Clock::time_point read_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<Access> Access::Load(const AccessOptions& options) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return absl::InvalidArgumentError("a certificate of the client and its key belong together");
  }
  if (options.tls_ca.empty() && !(options.tls_certificate.empty() && options.tls_name.empty())) {
    return absl::InvalidArgumentError(
        "for TLS say who signs the server's certificate: a PEM file, or 'system'");
  }
  Access out;
  if (!options.tls_ca.empty()) {
    grpc::SslCredentialsOptions tls;
    for (const auto& [path, text] : {std::pair(&options.tls_ca, &tls.pem_root_certs),
                                     std::pair(&options.tls_certificate, &tls.pem_cert_chain),
                                     std::pair(&options.tls_key, &tls.pem_private_key)}) {
      if (path->empty() || *path == kSystem) continue;
      absl::StatusOr<std::string> read = Contents(*path);
      if (!read.ok()) return read.status();
      *text = *std::move(read);
    }
    out.credentials_ = grpc::SslCredentials(tls);
    out.tls_name_ = options.tls_name;
  }
  if (!options.token_file.empty()) {
    absl::StatusOr<std::string> token = ReadToken(options.token_file);
    if (!token.ok()) return token.status();
    out.token_ = std::make_shared<Token>(options.token_file, *std::move(token));
  }
  return out;
}

std::shared_ptr<grpc::ChannelCredentials> Access::Credentials() const {
  return credentials_ != nullptr ? credentials_ : grpc::InsecureChannelCredentials();
}

void Access::Configure(grpc::ChannelArguments& arguments) const {
  if (!tls_name_.empty()) arguments.SetSslTargetNameOverride(tls_name_);
}

void Access::Sign(grpc::ClientContext& context) const {
  if (token_ != nullptr) context.AddMetadata("authorization", token_->Header());
}

}  // namespace omserve::client
