// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace omserve {

// Whether the bytes are UTF-8 (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF).
// Thread-safe.
bool IsUtf8(std::string_view bytes);

// The first code point of UTF-8 text; 0 for empty text. REQUIRES: IsUtf8(text). Thread-safe.
char32_t FirstCodePoint(std::string_view text);

}  // namespace omserve
