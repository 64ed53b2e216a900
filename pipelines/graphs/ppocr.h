// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipelines/base/request_context.h"
#include "pipelines/base/task.h"
#include "pipelines/graphs/model_runner.h"
#include "pipelines/graphs/ppocr_config.h"
#include "pipelines/graphs/text_frame.h"
#include "pipelines/graphs/text_line.h"
#include "pipelines/graphs/text_places.h"
#include "pipelines/graphs/text_recognition.h"
#include "pipelines/image/bgr_planes.h"

namespace omserve {

// The PP-OCR pipeline over one stage a gear:
//   det_<H>x<W>: x[N,3,H,W] -> probabilities[N,1,H,W];  cls: x[N,3,48,192] -> scores[N,2];
//   rec_<W>: x[N,3,48,W] -> probabilities[N,W/8,classes].
// Immutable after construction, so thread-safe; one object serves all requests.
class PpOcr {
 public:
  // INVALID_ARGUMENT when the configuration cannot work, naming the field.
  static absl::StatusOr<PpOcr> Create(PpOcrConfig config);

  // 'runner', 'context' and the bytes of 'input' must live until the task ends. Errors:
  // INVALID_ARGUMENT for a picture that cannot be used or an option out of range, and those of
  // ModelRunner::Submit.
  Task<absl::StatusOr<ReadTextResult>> Read(ModelRunner& runner, RequestContext& context,
                                            ReadTextInput input, ReadTextOptions options) const;

  const PpOcrConfig& config() const { return config_; }

 private:
  explicit PpOcr(PpOcrConfig config)
      : config_(std::move(config)), det_planes_(config_.det_mean, config_.det_std) {}

  Task<absl::StatusOr<TextPlaces>> FindPlaces(ModelRunner& runner, RequestContext& context,
                                              const TextFrame& frame,
                                              const ReadTextOptions& options) const;
  Task<absl::Status> Orient(ModelRunner& runner, RequestContext& context,
                            std::vector<LineCrop>& crops) const;
  Task<absl::StatusOr<std::vector<LineReading>>> Recognise(ModelRunner& runner,
                                                           RequestContext& context,
                                                           const std::vector<LineCrop>& crops,
                                                           ReadTextResult& result) const;

  PpOcrConfig config_;
  BgrPlanes det_planes_;
};

}  // namespace omserve
