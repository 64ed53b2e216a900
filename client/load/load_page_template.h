// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace omserve::client {

// load/page/page.html with its style and script; {{DOCUMENT}} stands where the data go. Constant.
extern const char kLoadPageTemplate[];

}  // namespace omserve::client
