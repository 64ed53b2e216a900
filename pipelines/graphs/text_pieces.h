// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "pipelines/base/box.h"
#include "pipelines/base/quad.h"
#include "pipelines/graphs/text_line.h"
#include "pipelines/graphs/text_recognition.h"
#include "pipelines/steps/dictionary.h"

namespace omserve {

// The smallest upright box around points; all 0 without any. Thread-safe.
Box BoxAround(std::span<const PointF> points);

// Fills in the text and the score of a line and, as 'options' asks, its characters and words.
// 'quad' is where the line was cut out, before it was turned by line.turned. Thread-safe.
void SpellLine(const LineReading& reading, const Dictionary& dictionary, const Quad& quad,
               const ReadTextOptions& options, TextLine& line);

}  // namespace omserve
