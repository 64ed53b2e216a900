// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/request_records.h"

#include <algorithm>
#include <fstream>

#include "absl/strings/str_format.h"

namespace omserve::client {
namespace {

absl::Duration Span(const google::protobuf::Duration& time) {
  return absl::Seconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::string Microseconds(absl::Duration time) {
  return absl::StrFormat("%.3f", absl::ToDoubleMicroseconds(time));
}

std::string Microseconds(Ending::Time time) {
  return Microseconds(absl::FromChrono(time.time_since_epoch()));
}

}  // namespace

RequestRecord MakeRecord(uint64_t number, size_t request_class, const Ending& ending,
                         std::optional<absl::Duration> server) {
  RequestRecord record;
  record.number = number;
  record.request_class = request_class;
  record.code = ending.code;
  record.scheduled = ending.scheduled;
  record.sent = ending.sent;
  record.ended = ending.ended;
  record.server = server;
  if (ending.timing == nullptr) {
    return record;
  }
  record.server = InsideServer(*ending.timing);
  for (const v1::StageTiming& stage : ending.timing->stages()) {
    record.batching += Span(stage.queue()) + Span(stage.batch_form());
    record.device += Span(stage.h2d()) + Span(stage.execute()) + Span(stage.d2h());
    record.host += Span(stage.host());
  }
  return record;
}

std::string RecordsCsv(std::vector<RequestRecord> records,
                       const std::vector<std::string>& classes) {
  std::sort(records.begin(), records.end(),
            [](const RequestRecord& one, const RequestRecord& other) {
              return one.number < other.number;
            });
  std::string text =
      "number,class,code,scheduled_us,sent_us,ended_us,server_us,batching_us,device_us,host_us\n";
  for (const RequestRecord& record : records) {
    absl::StrAppendFormat(
        &text, "%d,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", record.number, classes[record.request_class],
        absl::StatusCodeToString(record.code), Microseconds(record.scheduled),
        Microseconds(record.sent), Microseconds(record.ended),
        record.server.has_value() ? Microseconds(*record.server) : "",
        Microseconds(record.batching), Microseconds(record.device), Microseconds(record.host));
  }
  return text;
}

absl::Status WriteRecords(const std::string& path, const std::vector<RequestRecord>& records,
                          const std::vector<std::string>& classes) {
  std::ofstream file(path);
  file << RecordsCsv(records, classes);
  if (!file.flush()) {
    return absl::UnavailableError("cannot write " + path);
  }
  return absl::OkStatus();
}

}  // namespace omserve::client
