// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/tracing/trace_sink.h"

#include <curl/curl.h>

#include <string_view>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

// What the collector answers is of no interest.
size_t Discard(char* /*data*/, size_t size, size_t count, void* /*nothing*/) {
  return size * count;
}

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeHeaders {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// These may go well later (OTLP 1.0, "Retryable Response Codes").
bool MayTryAgain(long status) {  // NOLINT(google-runtime-int): libcurl's type
  return status == 429 || status == 502 || status == 503 || status == 504;
}

class HttpSink final : public TraceSink {
 public:
  HttpSink(std::string url, absl::Duration timeout)
      : url_(std::move(url)), curl_(curl_easy_init()) {
    headers_.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    curl_slist_append(headers_.get(), "Expect:");  // no round trip before the body
    CURL* const curl = curl_.get();
    curl_easy_setopt(curl, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(absl::ToInt64Milliseconds(timeout)));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Discard);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "omserve");
  }

  absl::Status Send(const std::string& body) override {
    CURL* const curl = curl_.get();
    if (curl == nullptr) return absl::InternalError("libcurl gives no handle");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    const CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) {
      return absl::UnavailableError(absl::StrCat(url_, ": ", curl_easy_strerror(code)));
    }
    long status = 0;  // NOLINT(google-runtime-int): libcurl's type
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return absl::OkStatus();
    const std::string what = absl::StrCat(url_, ": HTTP status ", status);
    return MayTryAgain(status) ? absl::UnavailableError(what) : absl::InternalError(what);
  }

 private:
  const std::string url_;
  std::unique_ptr<curl_slist, FreeHeaders> headers_;
  const std::unique_ptr<CURL, FreeCurl> curl_;
};

}  // namespace

absl::StatusOr<std::string> TracesUrl(const std::string& url) {
  std::string_view rest = url;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (rest.substr(0, scheme.size()) == scheme) {
      rest.remove_prefix(scheme.size());
      break;
    }
  }
  const size_t slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  const bool plain = host.find_first_of(" \t\r\n@") == std::string_view::npos;
  if (rest.size() == url.size() || host.empty() || !plain) {
    return absl::InvalidArgumentError("is not http://HOST:PORT or https://HOST:PORT");
  }
  if (slash == std::string_view::npos) return absl::StrCat(url, "/v1/traces");
  return rest.substr(slash) == "/" ? absl::StrCat(url, "v1/traces") : url;
}

absl::StatusOr<std::unique_ptr<TraceSink>> OtlpHttpSink(const std::string& url,
                                                        absl::Duration timeout) {
  OMSERVE_ASSIGN_OR_RETURN(std::string whole, TracesUrl(url));
  // Once in the process, and before other threads use it; later calls only count.
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return std::make_unique<HttpSink>(std::move(whole), timeout);
}

}  // namespace omserve
