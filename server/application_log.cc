// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/application_log.h"

#include <google/protobuf/stubs/logging.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "spdlog/pattern_formatter.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

constexpr char kRequests[] = "requests";

// The member "message" with the message as a JSON string, which the pattern cannot do by itself; of
// the logger of requests the message as it is.
class JsonMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    if (message.logger_name == spdlog::string_view_t(kRequests)) {
      out.append(message.payload.data(), message.payload.data() + message.payload.size());
      return;
    }
    constexpr std::string_view kKey = R"("message":)";
    out.append(kKey.data(), kKey.data() + kKey.size());
    const std::string text =
        nlohmann::json(std::string(message.payload.data(), message.payload.size()))
            .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }
};

}  // namespace

void InitLog(bool json) {
  // What it says of a message that cannot be parsed is the sender's to hear, in the answer: a line
  // each would fill the log at the sender's pleasure.
  google::protobuf::SetLogHandler(nullptr);
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  if (json) {
    formatter->add_flag<JsonMessage>('J').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","thread":%t,%J})");
  } else {
    formatter->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  }
  const auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_formatter(std::move(formatter));
  spdlog::drop(kRequests);
  for (const char* name : {"omserve", kRequests}) {
    auto logger = std::make_shared<spdlog::logger>(name, sink);
    logger->flush_on(spdlog::level::info);
    if (std::string_view(name) == kRequests) {
      spdlog::register_logger(std::move(logger));
    } else {
      spdlog::set_default_logger(std::move(logger));
    }
  }
}

}  // namespace omserve
