// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace conformance {

// The path of a compiled model of the list in model_files.cc, e.g. "linear". Taken from the folder
// in CONFORMANCE_MODELS when that is set; otherwise the model is written as ONNX and compiled by
// atc (the program in CONFORMANCE_ATC, else the one beside the library, else that in PATH) into a
// folder that lives as long as the test program. Ends the program with a message when that fails.
// Single-thread.
std::string ModelPath(const std::string& name);

// The content of a file; empty when it cannot be read.
std::string FileContent(const std::string& path);

// Writes a file into the program's temporary folder and returns its path.
std::string WriteTemporary(const std::string& name, const std::string& content);

}  // namespace conformance
