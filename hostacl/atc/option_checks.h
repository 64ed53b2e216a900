// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "om_file.h"

namespace hostacl {

// Options of CANN's atc that change nothing here. Null for any other name; else why.
const char* WithoutEffect(std::string_view name);

// Options that CANN's atc has and this one refuses. Null for any other name; else why.
const char* Refused(std::string_view name);

// The known option that `name` may have been meant to be; empty when none is near.
std::string OptionLike(std::string_view name, const std::vector<std::string>& known);

// Options that exclude each other, by name and value as given. False and a message that names both
// in `problem`.
bool CheckTogether(const std::map<std::string, std::string>& given, std::string* problem);

// Values of --precision_mode_v2 and of the older --precision_mode. `note` is left empty when the
// mode is done as on a card. False and a message that lists the values in `problem`.
bool ParsePrecisionV2(const std::string& value, Precision* precision, std::string* note,
                      std::string* problem);
bool ParsePrecision(const std::string& value, Precision* precision, std::string* note,
                    std::string* problem);

// What the chip can do of what is asked for: bfloat16 is not on every one. False and a message with
// the families that have it in `problem`.
bool CheckPrecision(Precision precision, std::string_view soc, std::string* problem);

// A chip name; a message with the nearest known ones in `problem`.
bool CheckSoc(const std::string& soc, std::string* problem);

}  // namespace hostacl
