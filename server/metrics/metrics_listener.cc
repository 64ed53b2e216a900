// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/metrics_listener.h"

#include <civetweb.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "prometheus/text_serializer.h"

namespace omserve {
namespace {

// Pages may run their own script and ask this port, and nothing else.
constexpr char kHeaders[] =
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'\r\n";

void Write(mg_connection* connection, const char* status, const std::string& type,
           const std::string& body, bool with_body) {
  const std::string head = absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Type: ", type,
                                        "\r\nContent-Length: ", body.size(),
                                        "\r\nConnection: close\r\n", kHeaders, "\r\n");
  mg_write(connection, head.data(), head.size());
  if (with_body) mg_write(connection, body.data(), body.size());
}

}  // namespace

MetricsListener::MetricsListener(const ServerMetrics& metrics, std::vector<MetricsPage> pages)
    : metrics_(metrics), pages_(std::move(pages)) {
  pages_.push_back(
      {"/metrics", "text/plain; version=0.0.4; charset=utf-8", [this] { return Metrics(); }});
}

MetricsListener::~MetricsListener() {
  if (server_ != nullptr) mg_stop(server_);
}

std::string MetricsListener::Metrics() const {
  std::vector<prometheus::MetricFamily> families = metrics_.registry()->Collect();
  for (prometheus::MetricFamily& family : process_.Collect()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

int MetricsListener::OnRequest(mg_connection* connection, void* self) {
  static_cast<const MetricsListener*>(self)->Answer(connection);
  return 200;  // any number above 0: it is answered
}

void MetricsListener::Answer(mg_connection* connection) const {
  const mg_request_info* const request = mg_get_request_info(connection);
  const std::string_view method = request->request_method;
  const bool get = method == "GET";
  if (!get && method != "HEAD") {
    return Write(connection, "405 Method Not Allowed", "text/plain", "GET or HEAD\n", true);
  }
  const std::string_view path = request->local_uri;
  const auto page = std::find_if(pages_.begin(), pages_.end(),
                                 [path](const MetricsPage& known) { return known.path == path; });
  if (page == pages_.end()) {
    std::string known = "there is:";
    for (const MetricsPage& other : pages_) absl::StrAppend(&known, " ", other.path);
    return Write(connection, "404 Not Found", "text/plain", known + "\n", get);
  }
  Write(connection, "200 OK", page->content_type, page->body(), get);
}

absl::StatusOr<std::unique_ptr<MetricsListener>> MetricsListener::Start(
    const std::string& address, const ServerMetrics& metrics, std::vector<MetricsPage> pages) {
  auto listener = absl::WrapUnique(new MetricsListener(metrics, std::move(pages)));
  const char* options[] = {"listening_ports",    address.c_str(), "num_threads", "2",
                           "request_timeout_ms", "5000",          nullptr};
  const mg_callbacks callbacks = {};
  listener->server_ = mg_start(&callbacks, nullptr, options);
  if (listener->server_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("listeners.metrics: cannot listen on ", address, "; is the port in use?"));
  }
  mg_set_request_handler(listener->server_, "/", OnRequest, listener.get());
  std::array<mg_server_port, 4> ports = {};
  const int count =
      mg_get_server_ports(listener->server_, static_cast<int>(ports.size()), ports.data());
  if (count > 0) listener->port_ = ports[0].port;
  return listener;
}

}  // namespace omserve
