// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <streambuf>
#include <string>

#include "om_file.h"

namespace hostacl {

// Writes a .om file whose weights may be larger than memory: they are streamed into a temporary
// file beside the result, which takes the result's name only when all of it is on the disk. A
// failure, a full disk included, leaves nothing behind. Single-thread.
class OmWriter : private std::streambuf {
 public:
  explicit OmWriter(std::string path);
  ~OmWriter() override;
  OmWriter(const OmWriter&) = delete;
  OmWriter& operator=(const OmWriter&) = delete;

  // Creates the temporary file. False and a message in `problem`. A process that may meet a limit
  // of file sizes ignores SIGXFSZ, so that the write fails instead.
  bool Open(std::string* problem);

  // Where the weights go, after Open and before Finish. Set to bad when the disk is full.
  std::ostream& weights() { return stream_; }

  // Appends the graph and the description, and renames. `model.weights` is not looked at.
  // `size` gets the bytes of the file. False and a message with the system's reason in `problem`.
  bool Finish(const OmModel& model, uint64_t* size, std::string* problem);

 private:
  int_type overflow(int_type letter) override;
  std::streamsize xsputn(const char* bytes, std::streamsize count) override;
  pos_type seekoff(off_type offset, std::ios_base::seekdir way,
                   std::ios_base::openmode which) override;
  bool Append(std::string_view bytes);
  bool Fail(const char* what, std::string* problem);

  const std::string path_;
  std::string temporary_;  // empty: there is none
  int file_ = -1;
  uint64_t end_ = 0;     // bytes in the file
  int write_error_ = 0;  // errno of the first write that failed; zero: none did
  std::ostream stream_;
};

}  // namespace hostacl
