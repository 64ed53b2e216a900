// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "engine.h"
#include "mutex.h"
#include "om_model.h"

namespace hostacl {

// A model of open shapes at one set of input dims.
struct ShapedModel {
  OmModel om;  // no dim is open; without its graph
  std::shared_ptr<Engine> engine;
};

// What a loaded model of open shapes keeps: its graph, and the shapes at which it ran lately, each
// with the graph compiled for it. Owned by LoadedModel. Thread-safe.
class OpenShapes {
 public:
  // `om` has its graph. `device` and `weight` as for Engine::Obtain.
  OpenShapes(OmModel om, int device, const void* weight);
  OpenShapes(const OpenShapes&) = delete;
  OpenShapes& operator=(const OpenShapes&) = delete;

  // The model for these dims of all inputs; the first use of a shape compiles it. Null and a
  // message in `problem` when the graph does not take them.
  std::shared_ptr<const ShapedModel> At(const std::vector<std::vector<int64_t>>& dims,
                                        std::string* problem) HOSTACL_EXCLUDES(mutex_);

 private:
  struct Entry {
    std::vector<std::vector<int64_t>> dims;
    std::shared_ptr<const ShapedModel> model;
  };
  static constexpr size_t kMostShapes = 16;  // the one that was not used for longest goes

  const OmModel om_;
  const int device_;
  const void* const weight_;
  Mutex mutex_;
  std::list<Entry> used_ HOSTACL_GUARDED_BY(mutex_);  // the latest first
};

}  // namespace hostacl
