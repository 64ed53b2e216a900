// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/doctor/checkup.h"

namespace omserve {
namespace {

constexpr double kGiB = 1 << 30;

void AddTensors(std::string& text, const char* title, const std::vector<ModelTensor>& tensors) {
  for (const ModelTensor& tensor : tensors) {
    absl::StrAppendFormat(&text, "    %-7s %s %s %s\n", title, tensor.name, DTypeName(tensor.dtype),
                          ShapeString(tensor.shape));
  }
}

void AddModel(std::string& text, const ModelFacts& model) {
  absl::StrAppendFormat(&text, "  %s: %d bytes", model.path, model.om.bytes);
  if (!model.om.chip.empty()) absl::StrAppend(&text, ", for ", model.om.chip);
  if (model.om.of_hostacl) absl::StrAppend(&text, ", by hostacl's atc");
  if (!model.loads) {
    absl::StrAppend(&text, ", not loaded\n");
    return;
  }
  absl::StrAppend(&text, ", loads; batch gears ", absl::StrJoin(model.info.gears, ","), "\n");
  AddTensors(text, "input", model.info.inputs);
  AddTensors(text, "output", model.info.outputs);
}

void AddFindings(std::string& text, const char* title, const std::vector<Finding>& findings) {
  if (findings.empty()) return;
  absl::StrAppend(&text, title, "\n");
  for (const Finding& finding : findings) {
    absl::StrAppend(&text, "  ", finding.section, ": ", finding.text, "\n");
  }
}

}  // namespace

std::string CheckupText(const Checkup& checkup) {
  std::string text;
  if (checkup.library.has_value()) {
    const LibraryFacts& library = *checkup.library;
    absl::StrAppend(&text, "library\n  ", library.path.empty() ? "not found" : library.path,
                    library.version.empty() ? "" : ", interface ", library.version, "\n");
    for (const auto& [name, value] : checkup.environment) {
      absl::StrAppend(&text, "  ", name, "=", value, "\n");
    }
    absl::StrAppend(&text, "chip\n");
    for (const NpuSmiCard& card : checkup.cards) {
      absl::StrAppend(&text, "  card ", card.number, ": ", card.chip, ", ", card.health, "\n");
    }
    for (const DeviceFacts& device : checkup.devices) {
      absl::StrAppendFormat(&text, "  device %d: %s, %.1f of %.1f GiB free\n", device.id,
                            device.chip, static_cast<double>(device.free_bytes) / kGiB,
                            static_cast<double>(device.total_bytes) / kGiB);
    }
  }
  if (!checkup.models.empty()) absl::StrAppend(&text, "models\n");
  for (const ModelFacts& model : checkup.models) AddModel(text, model);
  if (checkup.paddle_log.has_value()) {
    absl::StrAppend(&text, "operators that fall back to the CPU, in ", checkup.paddle_log->lines,
                    " lines\n");
    for (const MissingOperator& missing : checkup.paddle_log->missing) {
      absl::StrAppend(&text, "  ", missing.name, " (", missing.times, ")\n");
    }
  }
  AddFindings(text, "problems", checkup.problems);
  AddFindings(text, "notes", checkup.notes);
  if (checkup.problems.empty()) absl::StrAppend(&text, "no problem found\n");
  return text;
}

}  // namespace omserve
