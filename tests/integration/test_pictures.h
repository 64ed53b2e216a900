// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace omserve {

// How many channels a made PNG has.
enum class PngKind : uint8_t { kGrey, kGreyAlpha, kRgb, kRgba };

// A PNG with a plain gradient.
std::string MakePng(int width, int height, PngKind kind);

// A PNG whose header says width x height and that ends after a few bytes of pixels.
std::string PngHeaderOnly(uint32_t width, uint32_t height);

// A held-out scene, JPEG; 'number' is 1 to 5.
std::string SampleScene(int number);

}  // namespace omserve
