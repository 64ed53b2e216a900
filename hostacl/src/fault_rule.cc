// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "fault_rule.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "fault_reach.h"
#include "json_reader.h"

namespace hostacl {
namespace {

constexpr double kMostMs = 1e9;
constexpr const char* kTime = "a time of 0 to 1e9 ms";
constexpr long long kMost = 1LL << 53;

Clock::duration FromMs(double ms) { return std::chrono::nanoseconds(std::llround(ms * 1e6)); }

// A step of the splitmix64 generator.
uint64_t Mix(uint64_t value) {
  value += 0x9E3779B97F4A7C15u;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

std::optional<std::vector<uint8_t>> FromHex(const std::string& text) {
  if (text.empty() || text.size() % 2 != 0) return std::nullopt;
  std::vector<uint8_t> bytes(text.size() / 2);
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    int digit = -1;
    if (c >= '0' && c <= '9') digit = c - '0';
    if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
    if (digit < 0) return std::nullopt;
    bytes[i / 2] = static_cast<uint8_t>(bytes[i / 2] << 4 | digit);
  }
  return bytes;
}

// The form of Digest::ToHex.
std::optional<Digest> DigestFromHex(const std::string& text) {
  const auto bytes = FromHex(text);
  if (!bytes || bytes->size() != 16) return std::nullopt;
  Digest digest;
  for (size_t i = 0; i < 8; ++i) digest.high = digest.high << 8 | (*bytes)[i];
  for (size_t i = 8; i < 16; ++i) digest.low = digest.low << 8 | (*bytes)[i];
  return digest;
}

void ReadTarget(JsonReader* reader, FaultRule* rule) {
  const auto call = reader->Text("call");
  const auto task = reader->Text("task");
  if (call.has_value() == task.has_value()) {
    reader->Complain(call ? "task" : "call",
                     call ? "contradicts \"call\": a rule watches one of them"
                          : "or \"task\" must be there: what does the rule watch?");
  }
  if (call) {
    rule->call = *call;
    if (!call->starts_with("acl")) {
      reader->Complain("call",
                       "must be the name of a function, e.g. \"aclrtMalloc\" or \"aclrt*\"");
    }
  }
  if (task && *task == "execute") {
    rule->kind = TaskKind::kExecute;
  } else if (task && *task == "copy") {
    rule->kind = TaskKind::kCopy;
  } else if (task && *task != "any") {
    reader->Complain("task", "must be \"execute\", \"copy\" or \"any\", not \"" + *task + "\"");
  }
  if (const auto device = reader->Whole("device", 0, 65535)) {
    rule->device = static_cast<int>(*device);
  }
  const bool execute = rule->kind == TaskKind::kExecute;
  rule->model = reader->Text("model").value_or("");
  if (!rule->model.empty() && !execute) {
    reader->Complain("model", "needs \"task\": \"execute\"");
  }
  if (const auto text = reader->Text("input_digest")) {
    rule->input_digest = DigestFromHex(*text);
    if (!rule->input_digest) reader->Complain("input_digest", "must be 32 hexadecimal digits");
    if (!execute) reader->Complain("input_digest", "needs \"task\": \"execute\"");
  }
  if (const auto text = reader->Text("input_bytes")) {
    rule->input_bytes = FromHex(*text).value_or(std::vector<uint8_t>());
    if (rule->input_bytes.empty()) {
      reader->Complain("input_bytes", "must be pairs of hexadecimal digits, e.g. \"dead00ff\"");
    }
    if (!execute) reader->Complain("input_bytes", "needs \"task\": \"execute\"");
  }
}

void ReadTime(JsonReader* reader, FaultRule* rule) {
  rule->nth = static_cast<uint64_t>(reader->Whole("nth", 1, kMost).value_or(0));
  rule->every = static_cast<uint64_t>(reader->Whole("every", 1, kMost).value_or(0));
  const auto probability = reader->Number("probability", 0, 1, "a number of 0 to 1");
  rule->probability = probability.value_or(1);
  if ((rule->nth > 0) + (rule->every > 0) + probability.has_value() > 1) {
    reader->Complain(probability ? "probability" : "every",
                     "contradicts another key: give one of nth, every and probability");
  }
  if (const auto seed = reader->Whole("seed", 0, kMost)) rule->seed = static_cast<uint64_t>(*seed);
  rule->times = static_cast<uint64_t>(reader->Whole("times", 1, kMost).value_or(0));
  if (const auto ms = reader->Number("from_ms", 0, kMostMs, kTime)) rule->from = FromMs(*ms);
  if (const auto ms = reader->Number("until_ms", 0, kMostMs, kTime)) rule->until = FromMs(*ms);
  if (rule->until <= rule->from) reader->Complain("until_ms", "must be later than from_ms");
}

void ReadAction(JsonReader* reader, FaultRule* rule) {
  rule->error = static_cast<aclError>(reader->Whole("error", 100000, 999999).value_or(0));
  rule->lost = reader->Flag("lost").value_or(false) || ReachOf(rule->error) == FaultReach::kDevice;
  if (rule->lost && rule->error == ACL_SUCCESS) rule->error = kDeviceLost;
  rule->abort = reader->Flag("abort").value_or(false);
  const nlohmann::json* hang = reader->Raw("hang_ms");
  if (hang != nullptr && *hang == "forever") {
    rule->hang = FaultRule::kForEver;
  } else if (const auto ms =
                 reader->Number("hang_ms", 0, kMostMs, std::string(kTime) + ", or \"forever\"")) {
    rule->hang = FromMs(*ms);
  }
  const auto slow = reader->Number("slow", 1, 1e6, "a factor of 1 to 1e6");
  rule->slow = slow.value_or(1);
  rule->corrupt_bits = static_cast<uint64_t>(reader->Whole("corrupt_bits", 1, 1 << 20).value_or(0));
  if (slow && !rule->call.empty()) reader->Complain("slow", "needs \"task\", not \"call\"");
  if (rule->corrupt_bits > 0 && rule->kind != TaskKind::kExecute) {
    reader->Complain("corrupt_bits", "needs \"task\": \"execute\"");
  }
  if (rule->error == ACL_SUCCESS && !rule->abort && !rule->hang && !slow &&
      rule->corrupt_bits == 0) {
    reader->Complain("error",
                     "or another action must be there: lost, abort, hang_ms, slow, corrupt_bits");
  }
}

bool Contains(ByteView where, const std::vector<uint8_t>& what) {
  return std::search(where.data, where.data + where.size, what.begin(), what.end()) !=
         where.data + where.size;
}

bool HasDigest(ByteView input, uint64_t rows, const Digest& digest) {
  if (DigestOf(input.data, input.size) == digest) return true;
  if (rows < 2 || input.size % rows != 0) return false;
  const size_t row = input.size / rows;
  for (uint64_t i = 0; i < rows; ++i) {
    if (DigestOf(input.data + i * row, row) == digest) return true;
  }
  return false;
}

}  // namespace

FaultRule FaultRule::Read(const nlohmann::json& object, size_t index, uint64_t seed,
                          std::string* problem) {
  JsonReader reader(object, "rules[" + std::to_string(index) + "]", problem);
  FaultRule rule;
  if (!object.is_object()) {
    reader.Done();
    return rule;
  }
  rule.name = reader.Text("name").value_or("#" + std::to_string(index));
  rule.seed = seed + index;
  ReadTarget(&reader, &rule);
  ReadTime(&reader, &rule);
  ReadAction(&reader, &rule);
  reader.Done();
  return rule;
}

bool FaultRule::WatchesCall(std::string_view function, int on_device) const {
  if (call.empty() || (device && *device != on_device)) return false;
  if (call.back() != '*') return function == call;
  return function.starts_with(std::string_view(call).substr(0, call.size() - 1));
}

bool FaultRule::WatchesTask(const TaskFacts& task) const {
  if (!call.empty() || (device && *device != task.device)) return false;
  if (kind && *kind != task.kind) return false;
  if (!model.empty() && model != task.model) return false;
  if (!input_bytes.empty() &&
      std::none_of(task.inputs.begin(), task.inputs.end(),
                   [&](const ByteView& input) { return Contains(input, input_bytes); })) {
    return false;
  }
  return !input_digest ||
         std::any_of(task.inputs.begin(), task.inputs.end(), [&](const ByteView& input) {
           return HasDigest(input, task.rows, *input_digest);
         });
}

uint64_t FaultRule::LotAt(uint64_t count, int on_device) const {
  return Mix(Mix(Mix(seed) ^ static_cast<uint64_t>(on_device)) ^ count);
}

bool FaultRule::StrikesAt(uint64_t count, int on_device) const {
  if (nth > 0) return count == nth;
  if (every > 0) return count % every == 0;
  const double lot = static_cast<double>(LotAt(count, on_device) >> 11) * 0x1p-53;
  return lot < probability;
}

void FlipBits(uint64_t bits, uint64_t seed, const std::vector<std::span<uint8_t>>& outputs) {
  uint64_t total = 0;
  for (const auto& output : outputs) total += output.size();
  if (total == 0) return;
  for (uint64_t i = 0; i < bits; ++i) {
    uint64_t at = Mix(seed + i) % (total * 8);
    for (const auto& output : outputs) {
      if (at < output.size() * 8) {
        output[at / 8] = static_cast<uint8_t>(output[at / 8] ^ (1u << (at % 8)));
        break;
      }
      at -= output.size() * 8;
    }
  }
}

}  // namespace hostacl
