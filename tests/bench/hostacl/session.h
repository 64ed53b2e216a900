// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "acl/acl.h"

namespace hostacl::bench {

using Clock = std::chrono::steady_clock;

// One measured figure.
struct Figure {
  std::string name;
  double value;
  std::string unit;
  std::string how;
};

// Ends the program with the ACL message unless `code` is success.
void Must(aclError code, const char* what);
// Ends the program with `problem`.
[[noreturn]] void GiveUp(const std::string& problem);

double Median(std::vector<double> values);
double Microseconds(Clock::duration time);

// Writes `bytes` to a file in `folder` and returns its path.
std::string WriteFile(const std::string& folder, const std::string& name, const std::string& bytes);
// Compiles an ONNX file to fp32 with atc; returns the path of the .om.
std::string Compile(const std::string& folder, const std::string& onnx, const std::string& name,
                    const std::string& options = "");

// aclInit under some variables, aclFinalize at the end. On the stack; single-thread.
class Session {
 public:
  explicit Session(const std::map<std::string, std::string>& variables);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  const std::map<std::string, std::string> variables_;
};

// A model loaded on the calling thread's device, with device buffers of its own for every input
// and output. Lives inside a Session; single-thread.
class Loaded {
 public:
  // `weight` may be shared by loads of one file; null: the system's own.
  Loaded(const std::string& om, void* weight, size_t weight_size);
  ~Loaded();
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  uint32_t id() const { return id_; }
  aclmdlDataset* inputs() const { return inputs_; }
  aclmdlDataset* outputs() const { return outputs_; }

 private:
  uint32_t id_ = 0;
  aclmdlDataset* inputs_ = nullptr;
  aclmdlDataset* outputs_ = nullptr;
};

std::vector<Figure> ProfileFigures(const std::string& folder);
std::vector<Figure> OverheadFigures(const std::string& folder);
std::vector<Figure> LoadFigures(const std::string& folder);

// A graph with one picture as its input.
struct Subject {
  std::string name;  // in the figures
  std::string onnx;
  std::string input;  // its name in the graph
  int64_t height;     // pixels
  int64_t width;
};
std::vector<Figure> EngineFigures(const std::string& folder, const std::vector<Subject>& subjects);

}  // namespace hostacl::bench
