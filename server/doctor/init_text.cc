// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "server/doctor/init.h"

namespace omserve {
namespace {

using Json = nlohmann::ordered_json;

const char* NameOf(InitOutcome outcome) {
  constexpr const char* kNames[] = {"written", "planned", "kept", "failed"};
  return kNames[static_cast<int>(outcome)];
}

}  // namespace

std::string InitText(const InitReport& report) {
  std::string text;
  for (const InitPipeline& pipeline : report.pipelines) {
    absl::StrAppend(&text, pipeline.path, ": ", pipeline.draft.kind(), ", ",
                    NameOf(pipeline.outcome), "\n");
    for (const std::string& reason : pipeline.draft.reasons) {
      absl::StrAppend(&text, "  ", reason, "\n");
    }
    for (const std::string& open : pipeline.draft.to_fill) {
      absl::StrAppend(&text, "  FILL IN: ", open, "\n");
    }
    if (!pipeline.problem.empty()) absl::StrAppend(&text, "  ! ", pipeline.problem, "\n");
    if (pipeline.outcome == InitOutcome::kPlanned) {
      absl::StrAppend(&text, "----\n", pipeline.text, "----\n");
    }
  }
  for (const InitLeftOut& om : report.left_out) {
    absl::StrAppend(&text, om.path, om.broken ? ": cannot be served: " : ": ", om.why, "\n");
  }
  for (const std::string& hint : report.hints) absl::StrAppend(&text, "hint: ", hint, "\n");
  if (!report.dry_run && report.ok()) {
    absl::StrAppend(&text, "the server can read all of it: omserve --model-dir ", report.folder,
                    "\n");
  }
  return text;
}

std::string InitJson(const InitReport& report) {
  Json json = {{"folder", report.folder}, {"dry_run", report.dry_run}, {"ok", report.ok()}};
  json["pipelines"] = Json::array();
  for (const InitPipeline& pipeline : report.pipelines) {
    json["pipelines"].push_back({{"manifest", pipeline.path},
                                 {"name", pipeline.draft.manifest.name()},
                                 {"kind", pipeline.draft.kind()},
                                 {"outcome", NameOf(pipeline.outcome)},
                                 {"om_files", pipeline.draft.om_paths},
                                 {"reasons", pipeline.draft.reasons},
                                 {"fill_in", pipeline.draft.to_fill},
                                 {"problem", pipeline.problem},
                                 {"text", pipeline.text}});
  }
  json["left_out"] = Json::array();
  for (const InitLeftOut& om : report.left_out) {
    json["left_out"].push_back({{"path", om.path}, {"why", om.why}, {"broken", om.broken}});
  }
  json["hints"] = report.hints;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace omserve
