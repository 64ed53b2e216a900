// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace omserve {

// Nodes that have left a std::map or std::unordered_map, for the entries that come next: a map that
// grows and shrinks all the time need not allocate. Owned by the owner of the map.
// Thread-compatible.
template <typename Map>
class SpareNodes {
 public:
  using Key = typename Map::key_type;
  using Value = typename Map::mapped_type;

  // Adds an entry; its value is a new one, or one that Keep got, as it was then. In an ordered
  // map the quickest for the highest key. REQUIRES: the map has no such key.
  Value& Add(Map& map, const Key& key) {
    if (nodes_.empty()) return map.try_emplace(map.end(), key)->second;
    Node node = std::move(nodes_.back());
    nodes_.pop_back();
    node.key() = key;
    return map.insert(map.end(), std::move(node))->second;
  }

  // Takes the node of an entry that was extracted. Frees it when there are many already.
  void Keep(typename Map::node_type node) {
    if (!node.empty() && nodes_.size() < kMost) nodes_.push_back(std::move(node));
  }

 private:
  using Node = typename Map::node_type;
  static constexpr size_t kMost = 1024;

  std::vector<Node> nodes_;
};

}  // namespace omserve
