// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/answer_tables.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/answer_json.h"
#include "client/text_table.h"

namespace omserve::client {
namespace {

constexpr TextTable::Align kRight = TextTable::Align::kRight;
constexpr int kFirstValues = 4;

// The sums of one stage over the requests where it ran.
struct StageSums {
  std::string stage;
  std::set<int> devices;
  int requests = 0;
  double batch_size = 0;
  double milliseconds[6] = {};  // queue, batch-form, h2d, execute, d2h, host
};

void AddTo(StageSums& sums, const v1::StageTiming& stage) {
  ++sums.requests;
  sums.devices.insert(stage.device());
  sums.batch_size += stage.batch_size();
  const google::protobuf::Duration* parts[] = {&stage.queue(), &stage.batch_form(),
                                               &stage.h2d(),   &stage.execute(),
                                               &stage.d2h(),   &stage.host()};
  for (size_t i = 0; i < std::size(parts); ++i) {
    sums.milliseconds[i] += Milliseconds(*parts[i]);
  }
}

std::string DevicesOf(const StageSums& sums) {
  std::vector<int> devices(sums.devices.begin(), sums.devices.end());
  devices.erase(std::remove(devices.begin(), devices.end(), -1), devices.end());
  return devices.empty() ? "host" : absl::StrJoin(devices, ",");
}

// Blank for exactly nothing, so that the eye finds what there is.
std::string Time(double milliseconds) {
  return milliseconds == 0 ? "-" : absl::StrFormat("%.2f", milliseconds);
}

}  // namespace

std::string FormatDetections(const std::vector<DetectFileAnswer>& answers) {
  TextTable table({{"file"},
                   {"label"},
                   {"score", kRight},
                   {"x1", kRight},
                   {"y1", kRight},
                   {"x2", kRight},
                   {"y2", kRight}});
  for (const DetectFileAnswer& answer : answers) {
    if (!answer.status.ok()) {
      continue;
    }
    if (answer.answer.detections().empty()) {
      table.AddRow({answer.file, "nothing found"});
    }
    for (const v1::Detection& detection : answer.answer.detections()) {
      const v1::BoundingBox& box = detection.box();
      const std::string label =
          detection.label_name().empty() ? absl::StrCat(detection.label()) : detection.label_name();
      table.AddRow({answer.file, label, absl::StrFormat("%.3f", detection.score()),
                    absl::StrFormat("%.1f", box.x1()), absl::StrFormat("%.1f", box.y1()),
                    absl::StrFormat("%.1f", box.x2()), absl::StrFormat("%.1f", box.y2())});
    }
  }
  return table.rows() == 0 ? "" : table.Format();
}

std::string FormatCuts(const std::vector<DetectFileAnswer>& answers) {
  std::string lines;
  for (const DetectFileAnswer& answer : answers) {
    const v1::DetectResponse& response = answer.answer;
    if (!answer.status.ok() || (response.proposals_cut() == 0 && response.masks_cut() == 0)) {
      continue;
    }
    absl::StrAppend(&lines, answer.file, ": the server's limit for one request left out ",
                    response.proposals_cut(), " candidate boxes and ", response.masks_cut(),
                    " masks\n");
  }
  return lines;
}

std::string FormatEmbeddings(const std::vector<EmbedFileAnswer>& answers) {
  TextTable features({{"file"}, {"shape"}, {"norm", kRight}, {"first values"}});
  TextTable top({{"file"}, {"rank", kRight}, {"label"}, {"score", kRight}});
  for (const EmbedFileAnswer& answer : answers) {
    if (!answer.status.ok()) {
      continue;
    }
    const v1::EmbedResponse& response = answer.answer;
    double squares = 0;
    for (const float value : response.features()) {
      squares += static_cast<double>(value) * value;
    }
    std::vector<std::string> first;
    for (int i = 0; i < std::min(kFirstValues, response.features_size()); ++i) {
      first.push_back(absl::StrFormat("%.4f", response.features(i)));
    }
    features.AddRow({answer.file, absl::StrJoin(response.shape(), "x"),
                     absl::StrFormat("%.3f", std::sqrt(squares)), absl::StrJoin(first, " ")});
    for (int i = 0; i < response.top_size(); ++i) {
      const v1::ClassScore& best = response.top(i);
      top.AddRow({answer.file, absl::StrCat(i + 1),
                  best.label_name().empty() ? absl::StrCat(best.label()) : best.label_name(),
                  absl::StrFormat("%.3f", best.score())});
    }
  }
  std::string text = features.rows() == 0 ? "" : features.Format();
  if (top.rows() > 0) {
    absl::StrAppend(&text, "\n", top.Format());
  }
  return text;
}

std::string FormatModels(const v1::ListModelsResponse& models) {
  TextTable table({{"name"}, {"version"}, {"pipeline"}, {"ready"}, {"labels", kRight}, {"stages"}});
  for (const v1::ModelInfo& model : models.models()) {
    table.AddRow({model.name(), model.version(), model.pipeline(), model.ready() ? "yes" : "no",
                  absl::StrCat(model.labels_size()), absl::StrJoin(model.stages(), " ")});
  }
  return table.rows() == 0 ? "no models are served\n" : table.Format();
}

std::string FormatStageTimes(const std::vector<v1::Timing>& timings) {
  std::vector<StageSums> stages;
  for (const v1::Timing& timing : timings) {
    for (const v1::StageTiming& stage : timing.stages()) {
      auto sums = std::find_if(stages.begin(), stages.end(), [&](const StageSums& candidate) {
        return candidate.stage == stage.stage();
      });
      if (sums == stages.end()) {
        stages.emplace_back();
        sums = std::prev(stages.end());
        sums->stage = stage.stage();
      }
      AddTo(*sums, stage);
    }
  }
  if (stages.empty()) {
    return "";
  }
  TextTable table({{"stage"},
                   {"device", kRight},
                   {"batch", kRight},
                   {"queue ms", kRight},
                   {"form ms", kRight},
                   {"h2d ms", kRight},
                   {"execute ms", kRight},
                   {"d2h ms", kRight},
                   {"host ms", kRight}});
  for (const StageSums& sums : stages) {
    const double batch = sums.batch_size / sums.requests;
    std::vector<std::string> row = {sums.stage, DevicesOf(sums),
                                    batch == 0 ? "-" : absl::StrFormat("%.1f", batch)};
    for (const double milliseconds : sums.milliseconds) {
      row.push_back(Time(milliseconds / sums.requests));
    }
    table.AddRow(std::move(row));
  }
  return table.Format();
}

}  // namespace omserve::client
