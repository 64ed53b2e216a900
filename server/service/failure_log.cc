// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/failure_log.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/metrics/server_metrics.h"
#include "server/service/call_environment.h"
#include "server/service/request_record.h"
#include "server/service/status_conversion.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

using nlohmann::ordered_json;

constexpr size_t kMaxText = 128;     // of what a client sends
constexpr size_t kMaxMessage = 500;  // of our own
constexpr size_t kMaxStages = 32;    // of a line
constexpr size_t kRecent = 20;
constexpr double kBurst = 10;  // seconds
constexpr size_t kMaxField = 64;

// Milliseconds with three digits behind the point.
double Milliseconds(absl::Duration time) {
  return std::round(absl::ToDoubleMicroseconds(time)) / 1000;
}

ordered_json StageOf(const StageTiming& timing) {
  ordered_json out = {{"stage", timing.stage}};
  if (timing.device < 0) {
    out["host_ms"] = Milliseconds(timing.host);
    return out;
  }
  out["device"] = timing.device;
  out["batch"] = timing.batch_size;
  out["queue_ms"] = Milliseconds(timing.queue + timing.batch_form);
  out["h2d_ms"] = Milliseconds(timing.h2d + timing.gather);
  out["execute_ms"] = Milliseconds(timing.execute);
  out["d2h_ms"] = Milliseconds(timing.d2h);
  return out;
}

// Texts of these codes are ours and quote nothing of the request.
bool HasOwnText(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
      return false;
    default:
      return true;
  }
}

// "image.raw.width" of "image.raw.width: 0 is not ..."; empty when the text begins otherwise.
std::string_view FieldOf(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > kMaxField) return {};
  const std::string_view field = text.substr(0, colon);
  const bool plain = std::all_of(field.begin(), field.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-' || c == '[' || c == ']';
  });
  return plain ? field : std::string_view();
}

ordered_json RecordOf(const FailedRequest& failed) {
  const bool reached = std::any_of(failed.timings.begin(), failed.timings.end(),
                                   [](const StageTiming& timing) { return timing.device >= 0; });
  ordered_json out;
  out["event"] = "request_failed";
  out["code"] = StatusCodeName(failed.status.raw_code());
  out["reason"] = FailureReasonName(ReasonOf(failed.status, reached, failed.draining));
  out["method"] = failed.method;
  if (!failed.model.empty()) out["model"] = failed.model;
  if (!failed.version.empty()) out["version"] = failed.version;
  if (!failed.request_id.empty()) out["request_id"] = failed.request_id.substr(0, kMaxText);
  if (!failed.trace_id.empty()) out["trace_id"] = failed.trace_id;
  out["duration_ms"] = Milliseconds(failed.duration);
  const std::string_view text(failed.status.message().data(), failed.status.message().size());
  if (HasOwnText(failed.status.code())) {
    out["message"] = text.substr(0, kMaxMessage);
  } else if (const std::string_view field = FieldOf(text); !field.empty()) {
    out["field"] = field;
  }
  ordered_json stages = ordered_json::array();
  for (const StageTiming& timing : failed.timings) {
    if (stages.size() == kMaxStages) break;
    stages.push_back(StageOf(timing));
  }
  out["stages"] = std::move(stages);
  return out;
}

std::string Json(const ordered_json& record) {
  return record.dump(-1, ' ', /*ensure_ascii=*/true, ordered_json::error_handler_t::replace);
}

// key=value; what is not one plain word is in quotes and escaped.
std::string Word(const ordered_json& value) {
  if (!value.is_string()) return Json(value);
  const std::string& text = value.get_ref<const std::string&>();
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isgraph(c) && c != '"' && c != '\\' && c != '=';
  });
  return plain && !text.empty() ? text : absl::StrCat("\"", absl::CHexEscape(text), "\"");
}

std::string Text(const ordered_json& record) {
  std::string line = "request failed";
  for (const auto& [key, value] : record.items()) {
    if (key == "event") continue;
    if (key != "stages") {
      absl::StrAppend(&line, " ", key, "=", Word(value));
      continue;
    }
    for (const ordered_json& stage : value) {
      std::string times;
      for (const auto& [name, number] : stage.items()) {
        if (name != "stage")
          absl::StrAppend(&times, times.empty() ? "" : " ", name, "=", Json(number));
      }
      absl::StrAppend(&line, " ", Word(stage["stage"]), "=(", times, ")");
    }
  }
  return line;
}

// The members without the braces, for a formatter that has members of its own.
std::string Members(const ordered_json& record) {
  const std::string object = Json(record);
  return object.substr(1, object.size() - 2);
}

void ToProcessLog(FailureLog::Severity severity, const std::string& line) {
  // Made by InitLog; its lines are members already when the log is JSON.
  const std::shared_ptr<spdlog::logger> own = spdlog::get("requests");
  spdlog::logger* const logger = own != nullptr ? own.get() : spdlog::default_logger_raw();
  logger->log(severity == FailureLog::Severity::kOurs ? spdlog::level::err : spdlog::level::warn,
              "{}", line);
}

}  // namespace

FailureLog::FailureLog(const Clock& clock, const FailureLogOptions& options)
    : FailureLog(clock, options, ToProcessLog) {}

FailureLog::FailureLog(const Clock& clock, const FailureLogOptions& options, Sink sink)
    : clock_(clock),
      options_(options),
      sink_(std::move(sink)),
      kinds_{Kind{TokenBucket(options.per_second, std::max(1.0, options.per_second * kBurst))},
             Kind{TokenBucket(options.per_second, std::max(1.0, options.per_second * kBurst))}} {}

bool FailureLog::MayWrite(Severity severity, int64_t& left_out) {
  Kind& kind = kinds_[static_cast<size_t>(severity)];
  if (!kind.bucket.Take(clock_.Now())) {
    ++kind.left_out;
    return false;
  }
  left_out = std::exchange(kind.left_out, 0);
  return true;
}

void FailureLog::Add(const FailedRequest& failed) {
  if (absl::IsAborted(failed.status)) return;
  const Severity severity = IsOurFailure(failed.status) ? Severity::kOurs : Severity::kCaller;
  int64_t left_out = 0;
  {
    MutexLock lock(mutex_);
    if (!MayWrite(severity, left_out)) return;
  }
  ordered_json record = RecordOf(failed);
  if (left_out > 0) record["left_out_before"] = left_out;
  const std::string line = options_.json ? Members(record) : Text(record);
  if (record.contains("message")) {
    record["message"] = WithoutPaths(record["message"].get_ref<const std::string&>());
  }
  record["time"] = absl::ToUnixMillis(clock_.Now());
  MutexLock lock(mutex_);
  sink_(severity, line);
  recent_.push_front(Json(record));
  if (recent_.size() > kRecent) recent_.pop_back();
}

void FailureLog::Tick() {
  MutexLock lock(mutex_);
  for (const Severity severity : {Severity::kCaller, Severity::kOurs}) {
    Kind& kind = kinds_[static_cast<size_t>(severity)];
    if (kind.left_out == 0 || !kind.bucket.Take(clock_.Now())) continue;
    const int64_t count = std::exchange(kind.left_out, 0);
    const char* const blame = severity == Severity::kOurs ? "server" : "caller";
    const ordered_json record = {
        {"event", "failures_left_out"}, {"of", blame}, {"left_out", count}};
    sink_(severity, options_.json ? Members(record)
                                  : absl::StrCat(count, " failed requests (", blame,
                                                 ") were left out of the log"));
  }
}

std::vector<std::string> FailureLog::recent() const {
  MutexLock lock(mutex_);
  return {recent_.begin(), recent_.end()};
}

void LogRefused(const CallEnvironment& environment, std::string_view method,
                const absl::Status& status, std::string_view request_id,
                const std::optional<TraceContext>& parent) {
  if (environment.failures == nullptr) return;
  const std::string trace_id = parent.has_value() ? parent->TraceId() : std::string();
  environment.failures->Add({method,
                             {},
                             {},
                             request_id,
                             trace_id,
                             status,
                             absl::ZeroDuration(),
                             {},
                             environment.admission.closed()});
}

}  // namespace omserve
