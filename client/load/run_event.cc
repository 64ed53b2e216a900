// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/run_event.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omserve::client {
namespace {

using nlohmann::json;
using Kind = RunEvent::Kind;

constexpr double kMaxSeconds = 86400;
constexpr int kMaxTimes = 100'000;

const std::map<std::string, Kind>& Kinds() {
  static const auto* const kinds = new std::map<std::string, Kind>{
      {"reload", Kind::kReload},       {"load", Kind::kLoad},       {"unload", Kind::kUnload},
      {"reconnect", Kind::kReconnect}, {"command", Kind::kCommand}, {"mark", Kind::kMark}};
  return *kinds;
}

// One entry, with what repeats it.
struct Entry {
  RunEvent event;
  std::string kind;
  double every = 0;
  int times = 1;
};

bool ReadSeconds(const json& value, double* seconds) {
  *seconds = value.is_number() ? value.get<double>() : -1;
  return *seconds >= 0 && *seconds <= kMaxSeconds;
}

bool ReadMember(const std::string& member, const json& value, Entry* entry) {
  RunEvent& event = entry->event;
  if (member == "at_s") {
    double seconds = 0;
    const bool good = ReadSeconds(value, &seconds);
    event.at = absl::Seconds(seconds);
    return good;
  }
  if (member == "every_s") return ReadSeconds(value, &entry->every);
  if (member == "times") {
    entry->times = value.is_number_integer() ? value.get<int>() : 0;
    return entry->times >= 1 && entry->times <= kMaxTimes;
  }
  const std::map<std::string, std::string*> texts = {{"do", &entry->kind},
                                                     {"model", &event.model},
                                                     {"version", &event.version},
                                                     {"command", &event.command},
                                                     {"name", &event.name}};
  const auto found = texts.find(member);
  if (found == texts.end() || !value.is_string()) return false;
  *found->second = value.get<std::string>();
  return true;
}

absl::StatusOr<Entry> ReadEntry(const json& document) {
  if (!document.is_object()) return absl::InvalidArgumentError("is not an object");
  Entry entry;
  for (const auto& [member, value] : document.items()) {
    if (!ReadMember(member, value, &entry)) {
      return absl::InvalidArgumentError(absl::StrCat(
          ".", member, ": ", value.dump(-1, ' ', false, json::error_handler_t::replace),
          " is not known, or not allowed"));
    }
  }
  const auto kind = Kinds().find(entry.kind);
  if (kind == Kinds().end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        ".do: '", entry.kind, "' is none of reload, load, unload, reconnect, command and mark"));
  }
  entry.event.kind = kind->second;
  const bool life = entry.event.kind == Kind::kReload || entry.event.kind == Kind::kLoad ||
                    entry.event.kind == Kind::kUnload;
  if (life == entry.event.model.empty()) {
    return absl::InvalidArgumentError(life ? " has no model" : ".model is for models' life only");
  }
  if ((entry.event.kind == Kind::kCommand) == entry.event.command.empty()) {
    return absl::InvalidArgumentError(".command belongs to command, and to nothing else");
  }
  if (entry.times > 1 && entry.every <= 0) return absl::InvalidArgumentError(" has no every_s");
  if (entry.event.name.empty()) {
    entry.event.name = life ? absl::StrCat(entry.kind, " ", entry.event.model) : entry.kind;
  }
  return entry;
}

}  // namespace

absl::StatusOr<std::vector<RunEvent>> ReadRunEvents(const json& document) {
  if (!document.is_array()) return absl::InvalidArgumentError("events is no list");
  std::vector<RunEvent> events;
  for (size_t i = 0; i < document.size(); ++i) {
    const absl::StatusOr<Entry> entry = ReadEntry(document[i]);
    if (!entry.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("events[", i, "]", entry.status().message()));
    }
    for (int turn = 0; turn < entry->times; ++turn) {
      RunEvent event = entry->event;
      event.at += absl::Seconds(entry->every * turn);
      const auto place = std::upper_bound(
          events.begin(), events.end(), event,
          [](const RunEvent& one, const RunEvent& other) { return one.at < other.at; });
      events.insert(place, std::move(event));
    }
  }
  return events;
}

}  // namespace omserve::client
