// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "CLI/App.hpp"

namespace omserve {

// The commands of omserve-doctor. Each adds itself to 'cli', which must outlive the run, and when
// it was called runs at the end of parsing and sets 'code': 0, 1 problems or differences (they are
// printed), 2 it cannot begin (standard error says why).
void AddInitCommand(CLI::App& cli, int& code);
void AddProfileCommand(CLI::App& cli, int& code);
void AddCompareCommand(CLI::App& cli, int& code);

}  // namespace omserve
