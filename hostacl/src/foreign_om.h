// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "om_container.h"

namespace hostacl {

// What to say about files that hostacl's atc did not write. All are thread-safe, and read nothing
// outside the bytes.

// Bytes that begin like a .om but lack our mark: 100012, and a message that names the chip when
// the file tells it, and how to compile for hostacl.
OmProblem ForeignOm(std::string_view bytes);

// Bytes that are no .om at all: 145006, and a message that knows ONNX, OM2 archives and Git LFS
// pointers.
OmProblem NotAnOm(std::string_view bytes);

// An OM2 package is a folder with model_meta.json: 100012 when `path` is one, 145002 for any other
// folder, 0 otherwise.
OmProblem CheckNoPackage(const std::string& path);

// The chip name that stands in the bytes ("Ascend310P3"), a known one if there is one; empty when
// none is found. Looks at the first 64 MiB.
std::string ChipNamedIn(std::string_view bytes);

}  // namespace hostacl
