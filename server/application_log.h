// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace omserve {

// Sets up the process's log: lines on the standard error, as text or as one JSON object each.
void InitLog(bool json);

}  // namespace omserve
