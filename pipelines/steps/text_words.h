// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pipelines/steps/ctc_decode.h"
#include "pipelines/steps/dictionary.h"

namespace omserve {

// Where something stands along a line, 0 (the start) to 1 (the end).
struct LineSpan {
  float start = 0;
  float end = 0;
};

// Characters first .. last - 1 of a line.
struct WordSpan {
  size_t first = 0;
  size_t last = 0;
};

// Where each character stands: around the middle of its step, as wide as characters of its kind are
// on the mean of the line (Chinese and others apart), without overlaps. 'columns' is how many steps
// the line is long. Rule: PaddleOCR's and RapidOCR's cal_ocr_word_box. Thread-safe.
std::vector<LineSpan> CharacterSpans(std::span<const CtcCharacter> characters,
                                     const Dictionary& dictionary, float columns);

// Characters that stand together: runs of one kind (Chinese, or anything else) that no space and no
// gap of more than 4 steps parts, or of more than 1.75 times the line's usual step from character
// to character where that is more. Spaces are in no word. Thread-safe.
std::vector<WordSpan> GroupWords(std::span<const CtcCharacter> characters,
                                 const Dictionary& dictionary);

}  // namespace omserve
