// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace hostacl {

std::string TextVariable(const char* name, const char* fallback);
// A whole number above zero; the fallback for anything else.
size_t NumberVariable(const char* name, size_t fallback);
// The physical ids, of 0 to physical - 1, that ASCEND_RT_VISIBLE_DEVICES shows; all without the
// variable. Its ids are ascending and the list ends at the first one that is not valid. Position i
// of the result is what a program calls device i.
std::vector<int> VisibleDevices(size_t physical);

}  // namespace hostacl
