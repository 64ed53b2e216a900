// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "client/file_answer.h"

namespace omserve::client {

// The tables that people read; files that failed are left out. Thread-safe, all of them.

// File, label, score, box (x1 y1 x2 y2 in pixels); one line says "nothing found" for a file
// without.
std::string FormatDetections(const std::vector<DetectFileAnswer>& answers);
// A line for each file with more candidate boxes or masks than the server does for one request;
// empty when there is none.
std::string FormatCuts(const std::vector<DetectFileAnswer>& answers);
// Shape, Euclidean norm and first values of the features, then the best classes if there are any.
std::string FormatEmbeddings(const std::vector<EmbedFileAnswer>& answers);
std::string FormatModels(const v1::ListModelsResponse& models);
// The mean over 'timings' of what each stage took, in milliseconds, in the order of the stages;
// a stage counts only where it ran. Empty if no timing has a stage.
std::string FormatStageTimes(const std::vector<v1::Timing>& timings);

// The timings of the files that did not fail.
template <typename Response>
std::vector<v1::Timing> TimingsOf(const std::vector<FileAnswer<Response>>& answers) {
  std::vector<v1::Timing> timings;
  for (const auto& answer : answers) {
    if (answer.status.ok()) {
      timings.push_back(answer.answer.timing());
    }
  }
  return timings;
}

}  // namespace omserve::client
