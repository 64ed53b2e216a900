// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/device/model_info.h"
#include "server/doctor/npu_smi.h"
#include "server/doctor/om_facts.h"
#include "server/doctor/paddle_log.h"

namespace omserve {

// What omserve-doctor is asked to look at.
struct CheckupOptions {
  bool device = true;  // library and chips
  std::string acl_library = "libascendcl.so";
  std::string model_dir = {};   // empty: no models
  std::string paddle_log = {};  // empty: no log
};

// The ACL library that was found.
struct LibraryFacts {
  std::string path;     // of the file that the loader took; empty when none could be loaded
  std::string version;  // of its interface; empty when it does not tell
};

struct DeviceFacts {
  int id = 0;
  std::string chip;  // "Ascend910B3"
  uint64_t free_bytes = 0;
  uint64_t total_bytes = 0;
};

// One OM file.
struct ModelFacts {
  std::string path;  // below the model folder
  OmFacts om;
  bool loads = false;  // on the first device; false when there is none
  ModelInfo info;      // when it loads
};

// One thing that is wrong, and what to do about it.
struct Finding {
  std::string section;  // "library", "chip", "models" or "paddle_log"
  std::string text;
};

// Everything that was seen. A value.
struct Checkup {
  std::optional<LibraryFacts> library;
  std::vector<std::pair<std::string, std::string>> environment;  // CANN's variables that are set
  std::vector<NpuSmiCard> cards;                                 // of npu-smi
  std::vector<DeviceFacts> devices;                              // of the library
  std::vector<ModelFacts> models;
  std::optional<PaddleLogScan> paddle_log;
  std::vector<Finding> problems;
  std::vector<Finding> notes;  // worth knowing, nothing wrong
};

// Looks. What cannot be looked at is a problem in the result. Blocks; loads and unloads each model.
Checkup RunCheckup(const CheckupOptions& options);

// The report: sections, then problems and notes. Ends with a line end.
std::string CheckupText(const Checkup& checkup);
// The same as one JSON document; see server/doctor/README.md.
std::string CheckupJson(const Checkup& checkup);

}  // namespace omserve
