// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/om_origin.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace omserve {
namespace {

bool Made(const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "/origin_" + std::to_string(getpid()) + ".om";
  std::ofstream(path, std::ios::binary) << bytes;
  const bool made = MadeByHostacl(path);
  std::remove(path.c_str());
  return made;
}

TEST(OmOriginTest, KnowsHostaclsHeader) {
  std::string header(300, '\0');
  header.replace(0, 4, "IMOD");
  EXPECT_FALSE(Made(header));  // as CANN's atc writes it
  header.replace(120, 12, "hostacl om 2");
  EXPECT_TRUE(Made(header));
  EXPECT_FALSE(Made(header.substr(0, 200)));
  header[0] = 'X';
  EXPECT_FALSE(Made(header));
  EXPECT_FALSE(MadeByHostacl("/nonexistent/x.om"));
}

}  // namespace
}  // namespace omserve
