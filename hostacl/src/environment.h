// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace hostacl {

std::string TextVariable(const char* name, const char* fallback);
// A whole number above zero; the fallback for anything else.
size_t NumberVariable(const char* name, size_t fallback);
// How many of `physical` devices ASCEND_RT_VISIBLE_DEVICES shows. Its ids are ascending and the
// list ends at the first one that is not valid; what is shown is numbered from 0.
size_t VisibleDevices(size_t physical);

}  // namespace hostacl
