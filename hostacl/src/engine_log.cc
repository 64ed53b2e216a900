// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "engine_log.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace hostacl {
namespace {

constexpr size_t kMostNames = 255;

int64_t Nanoseconds(Clock::duration time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

const char* EngineName(EngineKind engine) {
  if (engine == EngineKind::kCompute) return "compute";
  return engine == EngineKind::kToDevice ? "h2d" : "d2h";
}

// "1234567.891": exact, where a double of microseconds would not be.
std::string Microseconds(int64_t nanoseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%03d", static_cast<long long>(nanoseconds / 1000),
                static_cast<int>(nanoseconds % 1000));
  return text;
}

}  // namespace

void EngineLog::Add(int device, EngineKind engine, std::string_view name, uint64_t size,
                    TimePoint start, TimePoint end) {
  MutexLock lock(&mutex_);
  if (entries_.size() >= room_) {
    ++dropped_;
    return;
  }
  auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    if (names_.size() < kMostNames) names_.emplace_back(name);
    found = names_.end() - 1;
  }
  Entry entry;
  entry.start = Nanoseconds(start.time_since_epoch());
  entry.length = Nanoseconds(end - start);
  entry.device = static_cast<int16_t>(device);
  entry.size = size;
  entry.engine = engine;
  entry.name = static_cast<uint8_t>(found - names_.begin());
  entries_.push_back(entry);
}

std::string EngineLog::Json() {
  MutexLock lock(&mutex_);
  std::vector<std::string> names;
  for (const std::string& name : names_) names.push_back(nlohmann::json(name).dump());
  std::string text = "{\"displayTimeUnit\": \"ns\", \"dropped\": " + std::to_string(dropped_) +
                     ", \"traceEvents\": [";
  const char* separator = "\n";
  for (const Entry& entry : entries_) {
    text += separator;
    separator = ",\n";
    text += "{\"ph\": \"X\", \"name\": " + names[entry.name];
    text += ", \"pid\": " + std::to_string(entry.device);
    text += ", \"tid\": \"" + std::string(EngineName(entry.engine)) + "\"";
    text += ", \"ts\": " + Microseconds(entry.start);
    text += ", \"dur\": " + Microseconds(entry.length);
    text += ", \"args\": {\"size\": " + std::to_string(entry.size) + "}}";
  }
  return text + "\n]}\n";
}

}  // namespace hostacl
