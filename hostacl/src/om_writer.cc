// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "om_writer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace hostacl {
namespace {

constexpr size_t kPartitions = 3;

bool WriteAt(int file, std::string_view bytes, uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written == 0) errno = ENOSPC;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
    at += static_cast<uint64_t>(written);
  }
  return true;
}

uint64_t Aligned(uint64_t offset) {
  return (offset + kOmAlignment - 1) / kOmAlignment * kOmAlignment;
}

}  // namespace

OmWriter::OmWriter(std::string path) : path_(std::move(path)), stream_(this) {}

OmWriter::~OmWriter() {
  if (file_ >= 0) close(file_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

bool OmWriter::Fail(const char* what, std::string* problem) {
  const int why = write_error_ != 0 ? write_error_ : errno;
  *problem = std::string(what) + " " + path_ + ": " + std::strerror(why);
  if (why == ENOSPC || why == EDQUOT || why == EFBIG) {
    *problem += "; free space or another --output is needed, nothing was left behind";
  }
  return false;
}

bool OmWriter::Open(std::string* problem) {
  std::error_code error;
  if (std::filesystem::is_directory(path_, error)) {
    *problem = "--output names the folder " + path_ + ": give the file's name too";
    return false;
  }
  std::string name = path_ + ".part-XXXXXX";
  file_ = mkostemp(name.data(), O_CLOEXEC);
  if (file_ < 0) return Fail("cannot write", problem);
  temporary_ = name;
  end_ = OmFirstPlace(kPartitions);
  return true;
}

std::streambuf::int_type OmWriter::overflow(int_type letter) {
  const char byte = traits_type::to_char_type(letter);
  return Append({&byte, 1}) ? letter : traits_type::eof();
}

std::streamsize OmWriter::xsputn(const char* bytes, std::streamsize count) {
  return Append({bytes, static_cast<size_t>(count)}) ? count : 0;
}

// The serialiser asks where it is, and nothing else.
std::streambuf::pos_type OmWriter::seekoff(off_type offset, std::ios_base::seekdir way,
                                           std::ios_base::openmode) {
  if (offset != 0 || way != std::ios_base::cur) return pos_type(off_type(-1));
  return pos_type(static_cast<off_type>(end_ - OmFirstPlace(kPartitions)));
}

bool OmWriter::Append(std::string_view bytes) {
  if (file_ < 0) return false;
  if (!WriteAt(file_, bytes, end_)) {
    // The stream goes on for a while before somebody asks: errno is another call's by then.
    if (write_error_ == 0) write_error_ = errno;
    return false;
  }
  end_ += bytes.size();
  return true;
}

bool OmWriter::Finish(const OmModel& model, uint64_t* size, std::string* problem) {
  if (file_ < 0 || !stream_) return Fail("cannot write the weights of", problem);
  const uint64_t first = OmFirstPlace(kPartitions);
  const std::string metadata = EncodeOmMetadata(model);
  std::vector<OmPlace> places = {{OmPartition::kWeights, first, end_ - first}};
  for (const auto& [type, part] :
       {std::pair<OmPartition, std::string_view>(OmPartition::kGraph, model.graph),
        std::pair<OmPartition, std::string_view>(OmPartition::kMetadata, metadata)}) {
    end_ = Aligned(end_);
    places.push_back({type, end_, part.size()});
    if (!Append(part)) return Fail("cannot write", problem);
  }
  std::string head = EncodeOmHead(model.name, !model.gears.empty() || model.open(), places, end_);
  if (!WriteAt(file_, head, 0)) return Fail("cannot write", problem);
  void* all = mmap(nullptr, end_, PROT_READ, MAP_SHARED, file_, 0);
  if (all == MAP_FAILED) return Fail("cannot read back", problem);
  SetOmChecksum(&head, OmDigestOf({static_cast<const char*>(all), end_}));
  munmap(all, end_);
  // Files for everyone, as any compiler writes them; mkostemp made this one private.
  const mode_t mask = umask(0);
  umask(mask);
  if (!WriteAt(file_, head, 0) || fchmod(file_, 0666 & ~mask) != 0 || fsync(file_) != 0) {
    return Fail("cannot write", problem);
  }
  const int file = std::exchange(file_, -1);
  if (close(file) != 0) return Fail("cannot write", problem);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return Fail("cannot write", problem);
  temporary_.clear();
  // The name itself is on the disk once the folder is; a failure here loses no data.
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  const int directory = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (directory >= 0) {
    (void)fsync(directory);
    close(directory);
  }
  *size = end_;
  return true;
}

}  // namespace hostacl
