// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "foreign_om.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "chips.h"

namespace hostacl {
namespace {

constexpr size_t kMostScanned = size_t{64} << 20;
constexpr size_t kLongestName = 24;
constexpr std::string_view kMaker = "Ascend";
constexpr std::string_view kPackageFile = "model_meta.json";
constexpr std::string_view kAdvice =
    " Compile its ONNX again for hostacl: atc --framework=5 --model=MODEL.onnx --output=NAME"
    " --soc_version=CHIP, with the atc that came with this library";

bool OfName(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' || letter == '-';
}

OmProblem Package() {
  return {ACL_ERROR_DESERIALIZE_MODEL,
          "this is an OM2 package (it holds model_meta.json), which CANN's atc makes for a card"
          " and hostacl does not run." +
              std::string(kAdvice)};
}

}  // namespace

std::string ChipNamedIn(std::string_view bytes) {
  bytes = bytes.substr(0, kMostScanned);
  std::string guess;
  for (size_t at = bytes.find(kMaker); at != std::string_view::npos;
       at = bytes.find(kMaker, at + kMaker.size())) {
    std::string_view name = bytes.substr(at, kLongestName);
    size_t end = kMaker.size();
    while (end < name.size() && OfName(name[end])) ++end;
    name = name.substr(0, end);
    if (end == kMaker.size() ||
        std::isdigit(static_cast<unsigned char>(name[kMaker.size()])) == 0) {
      continue;
    }
    // Binary neighbours can look like letters: the longest known beginning counts.
    for (size_t size = name.size(); size > kMaker.size(); --size) {
      const std::string_view part = name.substr(0, size);
      const auto& known = KnownChips();
      if (std::find(known.begin(), known.end(), part) != known.end()) return std::string(part);
    }
    if (guess.empty()) guess = name;
  }
  return guess;
}

OmProblem ForeignOm(std::string_view bytes) {
  const std::string chip = ChipNamedIn(bytes);
  return {
      ACL_ERROR_DESERIALIZE_MODEL,
      "this .om was not made by hostacl's atc: CANN's atc made it for " +
          (chip.empty() ? std::string("a card (the file does not name the chip)") : "an " + chip) +
          ", and it holds code of that chip, which hostacl cannot run." + std::string(kAdvice)};
}

OmProblem NotAnOm(std::string_view bytes) {
  if (bytes.starts_with("PK\x03\x04") && bytes.find(kPackageFile) != std::string_view::npos) {
    return Package();
  }
  std::string what = "this is no .om file: it does not begin with IMOD";
  if (bytes.starts_with("version https://git-lfs")) {
    what += ". It is a Git LFS pointer: fetch the file itself (git lfs pull)";
  } else if (bytes.size() > 1 && bytes[0] == 8 && static_cast<unsigned char>(bytes[1]) < 32) {
    what += ". It looks like ONNX: compile it with atc first";
  }
  return {ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID, what};
}

OmProblem CheckNoPackage(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {};
  if (std::filesystem::exists(std::filesystem::path(path) / kPackageFile, error)) return Package();
  return {ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID, path + " is a folder, not a .om file"};
}

}  // namespace hostacl
