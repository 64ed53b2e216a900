// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "om_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "foreign_om.h"
#include "om_writer.h"
#include "tiny_onnx.h"

namespace hostacl {
namespace {

constexpr size_t kTableAt = 256;
constexpr size_t kFirstEntry = 264;

template <typename T>
std::string With(std::string bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

// The code of a container that is read without its checksum, so that what follows is reached.
OmProblem Structure(const std::string& bytes) {
  OmContainer container;
  return ReadContainer(bytes, /*check_digest=*/false, &container);
}

// What CANN writes: the header without our mark, and strings of the chip somewhere behind it.
std::string CardOm(const std::string& content) {
  std::string bytes = testing::LinearOm({}).substr(0, 256);
  bytes.replace(120, 32, 32, '\0');
  bytes = With<uint64_t>(bytes, 184, content.size());
  return bytes + content;
}

TEST(OmFileTest, ReadsWhatItWrote) {
  const std::string bytes = testing::LinearOm({.name = "backbone", .gears = {1, 2, 4}});
  OmModel om;
  ASSERT_EQ(DecodeOm(bytes, true, &om).code, ACL_SUCCESS);
  EXPECT_EQ(om.name, "backbone");
  EXPECT_EQ(om.kind, GearKind::kBatch);
  EXPECT_EQ(om.gears, (std::vector<std::vector<uint64_t>>{{1}, {2}, {4}}));
  EXPECT_EQ(om.LargestGear(), 2u);
  EXPECT_EQ(om.inputs[0].BytesAt(2), 4u * 4 * 4);
  EXPECT_EQ(om.graph, testing::LinearOnnx(0, 4, 2, 1));
  EXPECT_EQ(bytes.substr(0, 4), "IMOD");
  EXPECT_EQ(bytes.substr(120, 12), "hostacl om 2");
}

TEST(OmFileTest, PrecisionsSurvive) {
  for (const Precision precision :
       {Precision::kOrigin, Precision::kHalf, Precision::kBfloat16, Precision::kCubeHalf}) {
    OmModel om;
    ASSERT_EQ(DecodeOm(testing::LinearOm({}), true, &om).code, ACL_SUCCESS);
    om.precision = precision;
    om.rounded_weights = true;
    OmModel again;
    ASSERT_EQ(DecodeOm(EncodeOm(om), true, &again).code, ACL_SUCCESS);
    EXPECT_EQ(again.precision, precision);
    EXPECT_TRUE(again.rounded_weights);
  }
}

TEST(OmFileTest, OpenShapesSurviveAndMustFit) {
  OmModel om;
  ASSERT_EQ(DecodeOm(testing::LinearOm({}), true, &om).code, ACL_SUCCESS);
  EXPECT_FALSE(om.open());
  om.inputs[0].dims = {-1, 4};
  om.inputs[0].ranges = {{1, 8}};
  om.outputs[0].dims = {-1, 4};
  const std::string bytes = EncodeOm(om);
  EXPECT_EQ(bytes[193], 1) << "the header says that shapes are not fixed";
  OmModel again;
  ASSERT_EQ(DecodeOm(bytes, true, &again).code, ACL_SUCCESS);
  EXPECT_TRUE(again.open());
  EXPECT_EQ(again.inputs[0].ranges, om.inputs[0].ranges);
  EXPECT_EQ(again.inputs[0].MostBytes(), 8u * 4 * sizeof(float));
  EXPECT_EQ(again.outputs[0].MostBytes(), 0u);
  for (const std::vector<std::array<int64_t, 2>>& ranges :
       std::vector<std::vector<std::array<int64_t, 2>>>{
           {{0, 8}}, {{4, 2}}, {{1, 8}, {1, 8}}, {{1, int64_t{1} << 62}}}) {
    om.inputs[0].ranges = ranges;
    EXPECT_EQ(DecodeOm(EncodeOm(om), true, &again).code, ACL_ERROR_MODEL_MISSING_ATTR);
  }
  om.inputs[0].ranges.clear();
  om.inputs[0].dims = {1, 4};  // and the output is open for no reason
  EXPECT_EQ(DecodeOm(EncodeOm(om), true, &again).code, ACL_ERROR_MODEL_MISSING_ATTR);
}

TEST(OmFileTest, SizesAloneNeedNoGraph) {
  OmModel om;
  ASSERT_EQ(DecodeOm(testing::LinearOm({}), false, &om).code, ACL_SUCCESS);
  EXPECT_TRUE(om.graph.empty());
  EXPECT_EQ(om.work_size, 1024u);
}

TEST(OmFileTest, EveryCutIsRefused) {
  const std::string bytes = testing::LinearOm({});
  OmModel om;
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeOm(std::string_view(bytes).substr(0, size), true, &om).code,
              ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID)
        << size;
  }
  EXPECT_EQ(DecodeOm(bytes + "x", true, &om).code, ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID);
}

TEST(OmFileTest, EveryFlippedContentByteIsRefused) {
  const std::string good = testing::LinearOm({});
  OmModel om;
  for (size_t at = 256; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    EXPECT_NE(DecodeOm(bytes, true, &om).code, ACL_SUCCESS) << at;
  }
}

TEST(OmFileTest, HostileHeadersAndTablesAreRefusedWithTheirPlace) {
  const std::string good = testing::LinearOm({});
  ASSERT_EQ(Structure(good).code, ACL_SUCCESS);
  const uint64_t huge = ~uint64_t{0};
  struct Case {
    std::string bytes;
    aclError code;
    const char* says;
  };
  for (const Case& each : {
           Case{With<uint32_t>(good, 4, 512), 145006, "offset 4"},
           Case{With<uint32_t>(good, 8, 7), ACL_ERROR_PARSE_MODEL, "offset 8"},
           Case{With<uint8_t>(good, 80, 1), ACL_ERROR_FEATURE_UNSUPPORTED, "encrypted"},
           Case{With<uint32_t>(good, 156, 2), 145006, "2 models"},
           Case{With<uint64_t>(good, 184, uint64_t{1} << 60), 145006, "promises"},
           Case{With<uint32_t>(good, kTableAt, 1000000), 145006, "1000000 partitions"},
           Case{With<uint32_t>(good, kTableAt, 64), 145006, "behind the file"},
           Case{With<uint64_t>(good, kFirstEntry + 8, huge), 145006, "partition 0"},
           Case{With<uint64_t>(good, kFirstEntry + 16, huge), 145006, "partition 0"},
           Case{With<uint64_t>(good, kFirstEntry + 8, huge - 7), 145006, "partition 0"},
           Case{With<uint32_t>(good, kFirstEntry, 8), 145006, "twice"},
       }) {
    const OmProblem problem = Structure(each.bytes);
    EXPECT_EQ(problem.code, each.code) << each.says;
    EXPECT_NE(problem.message.find(each.says), std::string::npos) << problem.message;
  }
  // The graph's partition moved onto the description's.
  uint64_t offset = 0;
  std::memcpy(&offset, good.data() + kFirstEntry + 2 * 24 + 8, sizeof offset);
  const OmProblem overlap = Structure(With<uint64_t>(good, kFirstEntry + 8, offset - 8));
  EXPECT_EQ(overlap.code, 145006);
}

TEST(OmFileTest, MissingPartitionsHaveTheirOwnCodes) {
  const auto without = [](uint32_t type) {
    std::string bytes = testing::LinearOm({});
    for (size_t entry = kFirstEntry; entry < kFirstEntry + 3 * 24; entry += 24) {
      uint32_t found = 0;
      std::memcpy(&found, bytes.data() + entry, sizeof found);
      if (found == type) bytes = With<uint32_t>(bytes, entry, 21);
    }
    SetOmChecksum(&bytes, OmDigestOf(bytes));
    OmModel om;
    return DecodeOm(bytes, true, &om).code;
  };
  EXPECT_EQ(without(0), kModelPartitionFailed);
  EXPECT_EQ(without(1), kWeightPartitionFailed);
  EXPECT_EQ(without(8), ACL_ERROR_MODEL_MISSING_ATTR);
}

TEST(OmFileTest, HostileDescriptionsAreRefused) {
  const auto code = [](const std::string& json) {
    OmModel om;
    return DecodeOmMetadata("hostacl2" + json, &om).code;
  };
  OmModel om;
  ASSERT_EQ(DecodeOm(testing::LinearOm({}), true, &om).code, ACL_SUCCESS);
  const std::string good = EncodeOmMetadata(om).substr(8);
  ASSERT_EQ(code(good), ACL_SUCCESS);
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string json = good;
    const size_t at = json.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return json.replace(at, from.size(), to);
  };
  const std::string dims = "\"dims\":[1,4]";
  EXPECT_EQ(code(replaced(dims, "\"dims\":[1000000000000,1000000000000,1000000000000]")),
            ACL_ERROR_MODEL_MISSING_ATTR);
  EXPECT_EQ(code(replaced(dims, "\"dims\":[1,-4]")), ACL_ERROR_MODEL_MISSING_ATTR);
  EXPECT_EQ(code(replaced(dims, "\"dims\":\"many\"")), ACL_ERROR_MODEL_MISSING_ATTR);
  std::string many = "\"dims\":[1";
  for (int i = 0; i < 200000; ++i) many += ",1";
  EXPECT_EQ(code(replaced(dims, many + "]")), ACL_ERROR_STORAGE_OVER_LIMIT);
  EXPECT_EQ(code(std::string(200000, '[')), ACL_ERROR_MODEL_MISSING_ATTR);
  EXPECT_EQ(code(""), ACL_ERROR_MODEL_MISSING_ATTR);
  EXPECT_EQ(DecodeOmMetadata("other", &om).code, ACL_ERROR_MODEL_MISSING_ATTR);
}

// The same mutations on every run; a sanitizer sees reads outside the bytes.
TEST(OmFileTest, MutatedFilesNeverPassAndNeverCrash) {
  const std::string good = testing::LinearOm({.gears = {1, 2}});
  std::mt19937 random(20240607);
  const auto below = [&](size_t end) {
    return std::uniform_int_distribution<size_t>(0, end - 1)(random);
  };
  const uint64_t values[] = {0, 1, 255, 65536, 1000000000000, ~uint64_t{0}, uint64_t{1} << 63};
  int structural = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = good;
    for (size_t change = below(4) + 1; change > 0; --change) {
      // Half of the changes hit the header and the table.
      const size_t at = below(2) == 0 ? below(340) : below(bytes.size());
      if (below(2) == 0) {
        bytes[at] = static_cast<char>(below(256));
      } else if (at + sizeof(uint64_t) <= bytes.size()) {
        bytes = With<uint64_t>(bytes, at, values[below(std::size(values))]);
      }
    }
    if (below(8) == 0) bytes.resize(below(bytes.size()));
    OmModel om;
    OmContainer container;
    if (ReadContainer(bytes, /*check_digest=*/false, &container).code != ACL_SUCCESS) ++structural;
    std::string_view metadata;
    if (container.Find(OmPartition::kMetadata, &metadata)) (void)DecodeOmMetadata(metadata, &om);
    const OmProblem problem = DecodeOm(bytes, true, &om);
    if (problem.code == ACL_SUCCESS) {
      EXPECT_EQ(bytes.substr(256), good.substr(256)) << "round " << round;
    } else {
      EXPECT_FALSE(problem.message.empty());
    }
  }
  EXPECT_GT(structural, 1000);
}

TEST(OmFileTest, ForeignFilesAreToldApart) {
  OmModel om;
  const OmProblem card = DecodeOm(CardOm("soc_version\x01"
                                         "Ascend910B3\x02 and more"),
                                  true, &om);
  EXPECT_EQ(card.code, ACL_ERROR_DESERIALIZE_MODEL);
  EXPECT_NE(card.message.find("an Ascend910B3,"), std::string::npos) << card.message;
  EXPECT_NE(card.message.find("atc --framework=5"), std::string::npos) << card.message;
  const OmProblem nameless = DecodeOm(CardOm("AscendCL, Ascendant"), true, &om);
  EXPECT_EQ(nameless.code, ACL_ERROR_DESERIALIZE_MODEL);
  EXPECT_NE(nameless.message.find("does not name the chip"), std::string::npos);
  EXPECT_EQ(ChipNamedIn("xAscend310P3fusion Ascend910A"), "Ascend310P3");
  EXPECT_EQ(ChipNamedIn("Ascend777X."), "Ascend777X");
  const OmProblem other = DecodeOm(std::string(1000, 'x'), true, &om);
  EXPECT_EQ(other.code, ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID);
  EXPECT_NE(DecodeOm(testing::LinearOnnx(1, 4, 2, 1), true, &om).message.find("ONNX"),
            std::string::npos);
  EXPECT_EQ(DecodeOm("PK\x03\x04....model_meta.json....", true, &om).code,
            ACL_ERROR_DESERIALIZE_MODEL);
}

TEST(OmFileTest, MissingFileFolderAndPackageAreBadPaths) {
  std::string bytes;
  EXPECT_EQ(ReadOmFile("/nonexistent/x.om", &bytes).code, ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID);
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / ("om2_" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  EXPECT_EQ(ReadOmFile(folder, &bytes).code, ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID);
  std::ofstream(folder / "model_meta.json") << "{}";
  const OmProblem package = ReadOmFile(folder, &bytes);
  EXPECT_EQ(package.code, ACL_ERROR_DESERIALIZE_MODEL);
  EXPECT_NE(package.message.find("OM2"), std::string::npos);
  std::filesystem::remove_all(folder);
}

class OmWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / ("omw_" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
    path_ = folder_ / "x.om";
    ASSERT_EQ(DecodeOm(testing::LinearOm({}), true, &om_).code, ACL_SUCCESS);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  ptrdiff_t Files() const {
    return std::distance(std::filesystem::directory_iterator(folder_),
                         std::filesystem::directory_iterator());
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
  OmModel om_;
  std::string problem_;
};

TEST_F(OmWriterTest, StreamsWeightsThatTheReaderFinds) {
  OmWriter writer(path_);
  ASSERT_TRUE(writer.Open(&problem_)) << problem_;
  writer.weights() << "twelve bytes";
  EXPECT_EQ(writer.weights().tellp(), std::streampos(12));
  uint64_t size = 0;
  ASSERT_TRUE(writer.Finish(om_, &size, &problem_)) << problem_;
  EXPECT_EQ(Files(), 1);
  std::string bytes;
  ASSERT_EQ(ReadOmFile(path_, &bytes).code, ACL_SUCCESS);
  EXPECT_EQ(bytes.size(), size);
  OmModel read;
  const OmProblem problem = DecodeOm(bytes, true, &read);
  ASSERT_EQ(problem.code, ACL_SUCCESS) << problem.message;
  EXPECT_EQ(read.weights.bytes, "twelve bytes");
  EXPECT_NE(read.weights.bytes.data(), nullptr);
  EXPECT_EQ(read.graph, om_.graph);
}

TEST_F(OmWriterTest, AnUnfinishedFileLeavesNothingAndTheOldOneStays) {
  std::ofstream(path_) << "old";
  {
    OmWriter writer(path_);
    ASSERT_TRUE(writer.Open(&problem_)) << problem_;
    writer.weights() << "new";
    EXPECT_EQ(Files(), 2);
  }
  EXPECT_EQ(Files(), 1);
  std::string bytes;
  ASSERT_EQ(ReadOmFile(path_, &bytes).code, ACL_SUCCESS);
  EXPECT_EQ(bytes, "old");
}

// A limit of the file's size fails the same writes as a full disk, at any byte that one likes.
TEST_F(OmWriterTest, NoRoomAtAnyByteIsAnErrorAndTheOldFileStays) {
  std::ofstream(path_) << "old";
  uint64_t whole = 0;
  {
    OmWriter writer(folder_ / "whole.om");
    ASSERT_TRUE(writer.Open(&problem_)) << problem_;
    writer.weights() << "twelve bytes";
    ASSERT_TRUE(writer.Finish(om_, &whole, &problem_)) << problem_;
  }
  for (uint64_t room = 0; room < whole; room += 17) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit = {room, room};
      if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(9);
      int status = 0;
      {
        OmWriter writer(path_);
        uint64_t size = 0;
        if (!writer.Open(&problem_)) _exit(2);
        writer.weights() << "twelve bytes";
        errno = 0;  // whatever other calls leave there
        if (writer.Finish(om_, &size, &problem_)) status = 3;
      }
      if (problem_.find("File too large") == std::string::npos) status = 4;
      _exit(status);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << "room for " << room << " of " << whole << " bytes";
    EXPECT_EQ(Files(), 2) << "something was left behind with room for " << room;
  }
  std::string bytes;
  ASSERT_EQ(ReadOmFile(path_, &bytes).code, ACL_SUCCESS);
  EXPECT_EQ(bytes, "old");
}

TEST_F(OmWriterTest, AFullDiskOrABadFolderIsAnErrorAndLeavesNothing) {
  OmWriter nowhere(folder_ / "missing" / "x.om");
  EXPECT_FALSE(nowhere.Open(&problem_));
  EXPECT_NE(problem_.find("missing/x.om"), std::string::npos);
  OmWriter folder(folder_);
  EXPECT_FALSE(folder.Open(&problem_));
  {
    OmWriter full(path_);
    ASSERT_TRUE(full.Open(&problem_)) << problem_;
    // As a write that the disk refused.
    full.weights().setstate(std::ios::badbit);
    uint64_t size = 0;
    EXPECT_FALSE(full.Finish(om_, &size, &problem_));
  }
  EXPECT_EQ(Files(), 0);
}

}  // namespace
}  // namespace hostacl
