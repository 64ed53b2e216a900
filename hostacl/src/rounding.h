// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chips.h"
#include "half.h"
#include "om_file.h"

namespace hostacl {

// How a model's precision and chip round a number. A value; thread-safe.
class Rounding {
 public:
  Rounding(Precision precision, bool saturate) : precision_(precision), saturate_(saturate) {}
  explicit Rounding(const OmModel& model) : Rounding(model.precision, SaturatesHalf(model.soc)) {}

  // True when weights, stage inputs and stage outputs are rounded.
  bool stage() const {
    return precision_ == Precision::kHalf || precision_ == Precision::kBfloat16;
  }
  // True when what matrix multiplications and convolutions read is rounded.
  bool cube() const { return precision_ == Precision::kCubeHalf; }

  float Round(float value) const {
    switch (precision_) {
      case Precision::kHalf:
      case Precision::kCubeHalf:
        return RoundToHalf(value, saturate_);
      case Precision::kBfloat16:
        return RoundToBfloat16(value);
      case Precision::kOrigin:
        break;
    }
    return value;
  }

 private:
  Precision precision_;
  bool saturate_;
};

}  // namespace hostacl
