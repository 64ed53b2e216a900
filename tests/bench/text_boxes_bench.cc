// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// How long the post-processing of text detection takes for one map, on one thread.
// usage: text_boxes_bench MAP.npy [--rounds N]
//   MAP.npy: probabilities, float32 [height, width], C order
//   prints {"boxes": places found, "ms": the median over the rounds}
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "pipelines/graphs/text_places.h"

namespace {

struct Array {
  int height = 0;
  int width = 0;
  std::vector<float> values;
};

// Version 1 of NumPy's format: magic, two version bytes, a 16-bit header length, the header.
bool ReadNpy(const std::string& path, Array& array) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (bytes.size() < 10 || bytes.compare(0, 7, "\x93NUMPY\x01") != 0) return false;
  const size_t start = 10 + static_cast<unsigned char>(bytes[8]) +
                       256 * static_cast<size_t>(static_cast<unsigned char>(bytes[9]));
  const std::string header = bytes.substr(10, start - 10);
  const size_t shape = header.find("'shape': (");
  if (header.find("'<f4'") == std::string::npos || shape == std::string::npos ||
      header.find("'fortran_order': False") == std::string::npos ||
      std::sscanf(header.c_str() + shape, "'shape': (%d, %d)", &array.height, &array.width) != 2) {
    return false;
  }
  array.values.resize(static_cast<size_t>(array.height) * static_cast<size_t>(array.width));
  if (bytes.size() - start != array.values.size() * sizeof(float)) return false;
  std::memcpy(array.values.data(), bytes.data() + start, bytes.size() - start);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  int rounds = 20;
  if (arguments.size() == 3 && arguments[1] == "--rounds") rounds = std::atoi(arguments[2].c_str());
  Array array;
  if ((arguments.size() != 1 && arguments.size() != 3) || rounds < 1 ||
      !ReadNpy(arguments[0], array)) {
    std::cerr << "usage: text_boxes_bench MAP.npy [--rounds N]   (float32 [height, width])\n";
    return 2;
  }
  const omserve::ProbabilityMap map{array.values.data(), array.width, array.height, array.width};
  size_t boxes = 0;
  std::vector<double> milliseconds;
  for (int round = -1; round < rounds; ++round) {  // the first one warms up
    const auto start = std::chrono::steady_clock::now();
    const auto found = omserve::FindTextPlaces(map, array.width, array.height, {});
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (!found.ok()) {
      std::cerr << found.status().ToString() << "\n";
      return 1;
    }
    boxes = found->places.size();
    if (round >= 0) milliseconds.push_back(took.count());
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  std::cout << "{\"boxes\": " << boxes << ", \"ms\": " << milliseconds[milliseconds.size() / 2]
            << "}\n";
  return 0;
}
