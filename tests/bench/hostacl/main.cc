// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Speed of hostacl, as JSON. usage: hostacl_bench [--out FILE] [--folder DIR] [--onnx BACKBONE]
// [--rec PP_OCRV4_REC] [PART...]; the parts are profile, overhead, load and engine; all without.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "session.h"

namespace {

constexpr const char* kUsage =
    "usage: hostacl_bench [--out FILE] [--folder DIR] [--onnx BACKBONE.onnx] "
    "[--rec REC.onnx] [profile] [overhead] [load] [engine]";

}  // namespace

int main(int count, char** values) {
  using namespace hostacl::bench;  // NOLINT(google-build-using-namespace): the file is one function
  std::string out;
  std::string folder = "/tmp";
  std::string onnx = "models/vitdet/backbone.onnx";
  std::string rec = "build/deps/rapidocr/ch_PP-OCRv4_rec_infer.onnx";
  std::set<std::string> parts;
  for (int i = 1; i < count; ++i) {
    const std::string argument = values[i];
    std::string* option = argument == "--out"      ? &out
                          : argument == "--folder" ? &folder
                          : argument == "--onnx"   ? &onnx
                          : argument == "--rec"    ? &rec
                                                   : nullptr;
    if (option != nullptr && i + 1 < count) {
      *option = values[++i];
    } else if (option == nullptr &&
               std::set<std::string>{"profile", "overhead", "load", "engine"}.contains(argument)) {
      parts.insert(argument);
    } else {
      GiveUp(kUsage);
    }
  }
  const auto wants = [&](const char* part) { return parts.empty() || parts.contains(part); };
  std::vector<Figure> figures;
  const auto add = [&](const std::vector<Figure>& more) {
    for (const Figure& figure : more) {
      std::cout << figure.name << " " << figure.value << " " << figure.unit << std::endl;
      figures.push_back(figure);
    }
  };
  if (wants("profile")) add(ProfileFigures(folder));
  if (wants("overhead")) add(OverheadFigures(folder));
  if (wants("load")) add(LoadFigures(folder));
  if (wants("engine")) {
    add(EngineFigures(folder, {{"backbone", onnx, "image", 320, 320}, {"rec", rec, "x", 48, 320}}));
  }
  nlohmann::json list = nlohmann::json::array();
  for (const Figure& figure : figures) {
    list.push_back({{"name", figure.name},
                    {"value", figure.value},
                    {"unit", figure.unit},
                    {"how", figure.how}});
  }
  if (out.empty()) return 0;
  std::ofstream file(out);
  file << list.dump(2) << "\n";
  return file.flush() ? 0 : 1;
}
