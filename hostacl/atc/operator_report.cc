// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "operator_report.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace hostacl {
namespace {

constexpr size_t kMostNodesInText = 5;

std::string Plural(size_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string NameOf(const OperatorReport::Line& line) {
  return line.domain.empty() ? line.op : line.domain + "::" + line.op;
}

}  // namespace

OperatorReport MakeOperatorReport(const OnnxFile& file, const std::string& model,
                                  const std::string& soc, const OperatorTable& table) {
  OperatorReport report;
  report.model = model;
  report.soc = soc;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> by_op;
  for (const OnnxNode& node : file.nodes) by_op[{node.op, node.domain}].push_back(node.Label());
  for (auto& [key, nodes] : by_op) {
    report.lines.push_back(
        {key.first, key.second, table.Find(key.first, key.second, soc), std::move(nodes)});
  }
  return report;
}

std::string OperatorReport::Summary() const {
  struct Part {
    Unit unit;
    const char* one;
    const char* many;
  };
  constexpr Part kParts[] = {
      {Unit::kNone, " operator does not run on ", " operators do not run on "},
      {Unit::kAiCpu, " operator falls back to the AI CPU of ",
       " operators fall back to the AI CPU of "},
      {Unit::kEither, " operator may fall back to the AI CPU of ",
       " operators may fall back to the AI CPU of "},
      {Unit::kUnknown, " operator is not known for ", " operators are not known for "},
  };
  std::string text;
  for (const Part& part : kParts) {
    size_t count = 0;
    std::string names;
    for (const Line& line : lines) {
      if (line.fact.unit != part.unit) continue;
      ++count;
      names += (names.empty() ? "" : ", ") + NameOf(line) + " (" +
               Plural(line.nodes.size(), "node") + ")";
    }
    if (count == 0) continue;
    text += std::to_string(count) + (count == 1 ? part.one : part.many) + soc + ": " + names + "\n";
  }
  if (!text.empty()) return text;
  const std::string all = lines.size() == 1
                              ? "the only operator runs"
                              : "all " + std::to_string(lines.size()) + " operators run";
  return all + " on the AI Core of " + soc + ", or need no kernel\n";
}

std::string OperatorReport::Text() const {
  size_t nodes = 0;
  for (const Line& line : lines) nodes += line.nodes.size();
  std::string text = model + " on " + soc + ": " + Plural(lines.size(), "operator") + ", " +
                     Plural(nodes, "node") + "\n";
  for (const Line& line : lines) {
    std::string row = "  " + NameOf(line);
    row.resize(std::max<size_t>(row.size() + 1, 26), ' ');
    row += UnitTitle(line.fact.unit);
    row.resize(std::max<size_t>(row.size() + 1, 45), ' ');
    row += std::to_string(line.nodes.size()) + "  ";
    for (size_t i = 0; i < line.nodes.size() && i < kMostNodesInText; ++i) {
      row += (i == 0 ? "" : ", ") + line.nodes[i];
    }
    if (line.nodes.size() > kMostNodesInText) row += ", ...";
    text += row + "\n";
  }
  return text + Summary();
}

std::string OperatorReport::Json() const {
  nlohmann::json root = {{"model", model},
                         {"soc_version", soc},
                         {"summary", Summary()},
                         {"operators", nlohmann::json::array()}};
  for (const Line& line : lines) {
    root["operators"].push_back({{"operator", line.op},
                                 {"domain", line.domain},
                                 {"runs_on", UnitKey(line.fact.unit)},
                                 {"cann_operator", line.fact.cann},
                                 {"sources", line.fact.sources},
                                 {"count", line.nodes.size()},
                                 {"nodes", line.nodes}});
  }
  return root.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

bool WriteOperatorReport(const OperatorReport& report, const std::string& path,
                         std::string* problem) {
  errno = 0;
  if (path == "-") {
    if (std::fputs(report.Text().c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return true;
    *problem =
        std::string("--op_report: cannot write the standard output: ") + std::strerror(errno);
    return false;
  }
  // A file appears only when it is whole; a device or a pipe is written as it is.
  std::error_code error;
  const bool in_place =
      std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error);
  const std::string place = in_place ? path : path + ".part";
  std::ofstream file(place, std::ios::binary | std::ios::trunc);
  file << report.Json();
  file.close();
  if (file && (in_place || std::rename(place.c_str(), path.c_str()) == 0)) return true;
  *problem = "--op_report: cannot write " + path + ": " + std::strerror(errno);
  if (!in_place) std::remove(place.c_str());
  return false;
}

}  // namespace hostacl
