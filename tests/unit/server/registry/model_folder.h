// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace omserve {

// A folder of models of the kind internvit, whose OM files are empty; goes with its owner.
// Single-thread.
class TestModelFolder {
 public:
  TestModelFolder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            absl::StrCat("omserve_models_", getpid(), "_", ++count);
    std::filesystem::create_directories(path_);
  }
  ~TestModelFolder() { std::filesystem::remove_all(path_); }
  TestModelFolder(const TestModelFolder&) = delete;
  TestModelFolder& operator=(const TestModelFolder&) = delete;

  std::string path() const { return path_.string(); }
  static std::string Manifest(const std::string& name, const std::string& version) {
    return absl::StrCat("name: \"", name, "\" version: \"", version,
                        "\" stages { name: \"internvit\" om_file: \"m.om\" inputs: \"x\" "
                        "outputs: \"y\" } internvit { image_size: 16 }\n");
  }
  // NAME/NUMBER; 'text' is added to a good manifest when it begins with '#', else in its place.
  void AddVersion(const std::string& name, int number, const std::string& text = "#\n") {
    const std::string good = Manifest(name, absl::StrCat(number));
    Write(path_ / name / absl::StrCat(number), text[0] == '#' ? good + text : text);
  }
  // FOLDER, with the manifest at once below.
  void AddPlain(const std::string& folder, const std::string& name) {
    Write(path_ / folder, Manifest(name, "1"));
  }
  // An OM file alone.
  void AddOm(const std::string& name) { std::ofstream(path_ / (name + ".om")) << "om"; }
  void RemoveOm(const std::string& name, int number) {
    std::filesystem::remove(path_ / name / absl::StrCat(number) / "m.om");
  }
  void Remove(const std::string& name) { std::filesystem::remove_all(path_ / name); }

 private:
  static void Write(const std::filesystem::path& folder, const std::string& manifest) {
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "m.om") << "om";
    std::ofstream(folder / "pipeline.pbtxt") << manifest;
  }

  std::filesystem::path path_;
};

}  // namespace omserve
