// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "timeline.h"

namespace hostacl {

class JsonReader;

// How long things take on the card that is acted, read from HOSTACL_PROFILE; the keys are in
// hostacl/profiles/README.md. Owned by Runtime, immutable after Load. Thread-safe.
class Profile {
 public:
  // Null and a message in `problem`, naming key and place, when the file cannot be used.
  static std::unique_ptr<Profile> Load(const std::string& path, std::string* problem);

  bool replay() const { return replay_; }
  // Chip names and memory sizes (MiB, as text) of the devices: none, one for all, or one each.
  const std::vector<std::string>& socs() const { return socs_; }
  const std::vector<std::string>& memory_mib() const { return memory_mib_; }

  // The time of one execution, without the overhead. A gear is named by its batch ("4"), picture
  // size ("416x416") or dimensions ("1,200"). Nothing for a model or gear that the file does not
  // name and that has no "default".
  std::optional<Clock::duration> Time(const std::string& model, const std::string& gear) const;
  // What every execution takes beside that, on the compute engine.
  Clock::duration execute_overhead() const { return execute_overhead_; }
  // What the first execution of a load takes beside that.
  Clock::duration FirstRunTime(const std::string& model) const;
  // The least time that loading takes.
  Clock::duration LoadTime(const std::string& model) const;
  // The least time that aclFinalize takes.
  Clock::duration finalize() const { return finalize_; }
  // Zero where the file gives no bandwidth and no latency.
  Clock::duration CopyTime(CopyWay way, size_t bytes) const;

 private:
  struct Model {
    std::map<std::string, Clock::duration> times;  // by gear, or "default"
    std::optional<Clock::duration> load;
    std::optional<Clock::duration> first_run;
  };

  void ReadModel(const std::string& name, const nlohmann::json& object, std::string* problem);
  void ReadCopies(JsonReader* file, const nlohmann::json& root, std::string* problem);

  bool replay_ = false;
  std::vector<std::string> socs_;
  std::vector<std::string> memory_mib_;
  Clock::duration execute_overhead_{0};
  Clock::duration load_{0};
  Clock::duration first_run_{0};
  Clock::duration finalize_{0};
  std::array<double, 3> gb_per_s_ = {};  // by CopyWay; zero: as fast as you like
  std::array<Clock::duration, 3> latency_ = {};
  std::map<std::string, Model> models_;
};

// Is `text` the name of a gear: "4", "416x416" or "1,200"?
bool IsGearName(const std::string& text);

}  // namespace hostacl
