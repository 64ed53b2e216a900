// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/doctor/pipeline_draft.h"

namespace omserve {

// The manifests that are in a model folder, and where new ones go. Single-thread.
class ManifestPlaces {
 public:
  // Looks for every pipeline.pbtxt in 'root' and below. One that cannot be read counts for its
  // place alone.
  explicit ManifestPlaces(const std::string& root);

  // The manifest that is about this OM file; empty when none is.
  std::string ManifestOf(const std::string& om_path) const;

  // Gives the draft of OM files in 'folder' its name and place. 'alone': all OM files there belong
  // to it. The name is new among those that are there and those given.
  std::string Place(const std::string& folder, bool alone, PipelineDraft& draft);

 private:
  bool ServerLooksIn(const std::string& folder) const;
  std::string NewName(const std::string& wanted);

  const std::string root_;
  std::map<std::string, std::string> manifest_of_om_;
  std::map<std::string, std::string> names_;  // of the models that are there, by manifest
  std::set<std::string> taken_;
};

}  // namespace omserve
