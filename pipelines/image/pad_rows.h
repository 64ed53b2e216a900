// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipelines/image/picture.h"

namespace omserve {

// The picture with 'rows' black rows above and as many below. REQUIRES: rows >= 0. Thread-safe.
Picture PadRows(const Picture& picture, int rows);

}  // namespace omserve
