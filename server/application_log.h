// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace omserve {

// Sets up the process's log: lines on the standard error, as text or as one JSON object each. What
// is written to spdlog's logger "requests" is members of the object already, when it is JSON. May
// be called again while there is one thread.
void InitLog(bool json);

}  // namespace omserve
