// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace hostacl {

class Runtime;

// What the program has not given back, in words; empty when nothing: data buffers, datasets,
// descriptions and configurations (destroying a dataset destroys no buffer, destroying a buffer
// frees no memory), device and page-locked memory, models, streams, events, contexts.
std::string DescribeLeaks(Runtime* runtime);

}  // namespace hostacl
