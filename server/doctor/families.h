// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/doctor/pipeline_draft.h"

namespace omserve {

// What the OM files of one folder are together. They are told by the shapes of their tensors and by
// how the outputs of one fit the inputs of the next; names of files only decide between two that
// fit. 'oms' have no problem. All are pure but for the files with labels, and thread-safe.

// backbone [N,3,S,S] -> levels; rpn levels -> scores and deltas of each; roi_bbox [N,C,7,7];
// roi_mask [N,C,14,14].
std::optional<PipelineDraft> DraftVitDet(const std::vector<const DescribedOm*>& oms);

// Text detection [N,3,H,W] -> [N,1,H,W], recognition [N,3,48,W] -> [N,T,K], one OM a size, and
// maybe the direction [N,3,48,192] -> [N,2]. Without a dictionary that fits there is no pipeline:
// 'missing' says what would make one.
std::optional<PipelineDraft> DraftPpOcr(const std::vector<const DescribedOm*>& oms,
                                        std::string& missing);

// [N,3,S,S] -> tokens [N,1+g*g,W], and maybe the logits of a head.
std::optional<PipelineDraft> DraftInternVit(const DescribedOm& om);

// The family that has no pipeline yet and that the file seems to be a stage of, by the names of its
// tensors: "GroundingDINO" or "Sparse4D", with the name that told it. Empty: none.
struct UnservedFamily {
  std::string name;
  std::string tensor;
};
UnservedFamily FindUnservedFamily(const DescribedOm& om);

// Any other OM file: an image classifier when it takes pictures, gives one row of scores, and a
// file with as many labels lies beside it; else tensors as they are.
PipelineDraft DraftSingle(const DescribedOm& om);

}  // namespace omserve
