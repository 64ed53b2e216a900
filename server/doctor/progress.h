// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>

namespace omserve {

// How far a long run is: a bar that redraws itself on a terminal, else a line every tenth. Its line
// is cleared at the end. Single-thread.
class Progress {
 public:
  // 'out' null: silent. Else it must outlive the object.
  Progress(std::string what, int total, std::FILE* out);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Begins the next step, which is about 'item'.
  void Next(const std::string& item);

 private:
  const std::string what_;
  const int total_;
  std::FILE* const out_;
  const bool terminal_;
  int begun_ = 0;
};

}  // namespace omserve
