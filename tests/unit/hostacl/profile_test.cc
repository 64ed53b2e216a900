// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

using Clock = std::chrono::steady_clock;

class ProfileTest : public AclTest {
 protected:
  void UseProfile(const std::string& json) {
    Restart({{"HOSTACL_PROFILE", WriteFile("profile.json", json)}});
  }
};

TEST_F(ProfileTest, ExecutionsOfOneDeviceFollowOneAnother) {
  UseProfile(R"({"compute":"real","models":{"linear":{"default":20}}})");
  const uint32_t ids[2] = {Load({}), Load({})};
  aclrtStream streams[2] = {stream_, nullptr};
  ASSERT_EQ(aclrtCreateStream(&streams[1]), ACL_SUCCESS);
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < 2; ++i) {
    void* x = Device(16);
    void* y = Device(16);
    for (int k = 0; k < 3; ++k) {
      ASSERT_EQ(aclmdlExecuteAsync(ids[i], DatasetOf({{x, 16}}), DatasetOf({{y, 16}}), streams[i]),
                ACL_SUCCESS);
    }
  }
  for (aclrtStream stream : streams) ASSERT_EQ(aclrtSynchronizeStream(stream), ACL_SUCCESS);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(6 * 20));
}

TEST_F(ProfileTest, TimesGoByGear) {
  UseProfile(R"({"compute":"replay","models":{"linear":{"1":10,"4":40,"default":1}}})");
  const uint32_t id = Load({.gears = {1, 4}});
  void* x = Device(64);
  void* y = Device(64);
  ToDevice(x, std::vector<float>(16, 1));
  aclmdlDataset* input = DatasetOf({{x, 64}, {Device(8), 8}});
  aclmdlDataset* output = DatasetOf({{y, 64}});
  aclrtEvent begin = nullptr;
  aclrtEvent end = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&begin), ACL_SUCCESS);
  ASSERT_EQ(aclrtCreateEvent(&end), ACL_SUCCESS);
  for (const auto& [gear, expected] : {std::pair(1, 10.0f), std::pair(4, 40.0f)}) {
    ASSERT_EQ(aclmdlSetDynamicBatchSize(id, input, 1, static_cast<uint64_t>(gear)), ACL_SUCCESS);
    ASSERT_EQ(aclrtRecordEvent(begin, stream_), ACL_SUCCESS);
    ASSERT_EQ(aclmdlExecuteAsync(id, input, output, stream_), ACL_SUCCESS);
    ASSERT_EQ(aclrtRecordEvent(end, stream_), ACL_SUCCESS);
    ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
    float ms = 0;
    ASSERT_EQ(aclrtEventElapsedTime(&ms, begin, end), ACL_SUCCESS);
    EXPECT_GE(ms, expected - 0.01f);
  }
}

TEST_F(ProfileTest, ReplayAnswersRowByRow) {
  UseProfile(R"({"compute":"replay","models":{}})");
  const uint32_t id = Load({.gears = {1, 2, 4}});
  void* x = Device(64);
  void* y = Device(64);
  aclmdlDataset* input = DatasetOf({{x, 64}, {Device(8), 8}});
  aclmdlDataset* output = DatasetOf({{y, 64}});
  const auto run = [&](const std::vector<float>& rows) {
    std::vector<float> values;
    for (const float row : rows) values.insert(values.end(), 4, row);
    ToDevice(x, values);
    EXPECT_EQ(aclmdlSetDynamicBatchSize(id, input, 1, rows.size()), ACL_SUCCESS);
    EXPECT_EQ(aclmdlExecute(id, input, output), ACL_SUCCESS);
    std::vector<float> answer;
    const std::vector<float> all = ToHost(y, 4 * rows.size());
    for (size_t i = 0; i < rows.size(); ++i) answer.push_back(all[4 * i + 3]);
    return answer;
  };
  EXPECT_EQ(run({1, 2, 3, 4}), (std::vector<float>{3, 5, 7, 9}));
  EXPECT_EQ(run({4, 9, 1, 9}), (std::vector<float>{9, 19, 3, 19}));  // old, new, old, new twice
  EXPECT_EQ(run({9}), (std::vector<float>{19}));
  EXPECT_EQ(run({8, 2}), (std::vector<float>{17, 5}));
}

TEST_F(ProfileTest, RoomOfTheReplayStoreIsBounded) {
  Restart({{"HOSTACL_PROFILE", WriteFile("replay.json", R"({"compute":"replay","models":{}})")},
           {"HOSTACL_REPLAY_MIB", "1"}});
  const uint32_t id = Load({.width = 100000});  // a row is 400 kB
  void* x = Device(400000);
  void* y = Device(400000);
  for (const float value : {1.0f, 2.0f, 3.0f, 4.0f, 1.0f}) {
    ToDevice(x, std::vector<float>(100000, value));
    ASSERT_EQ(aclmdlExecute(id, DatasetOf({{x, 400000}}), DatasetOf({{y, 400000}})), ACL_SUCCESS);
    EXPECT_EQ(ToHost(y, 100000)[99999], 2 * value + 1);
  }
}

TEST_F(ProfileTest, OneModelOnTwoStreamsIsFoundOut) {
  UseProfile(R"({"models":{"linear":{"default":100}}})");
  const uint32_t id = Load({});
  void* x = Device(16);
  aclmdlDataset* input = DatasetOf({{x, 16}});
  aclmdlDataset* output = DatasetOf({{Device(16), 16}});
  aclrtStream second = nullptr;
  ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
  ASSERT_EQ(aclmdlExecuteAsync(id, input, output, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecuteAsync(id, input, output, second), ACL_ERROR_RT_MODEL_RUNNING);
  EXPECT_EQ(aclmdlExecute(id, input, output), ACL_ERROR_RT_MODEL_RUNNING);
  EXPECT_EQ(aclmdlUnload(id), ACL_ERROR_RT_MODEL_RUNNING);
  EXPECT_EQ(aclrtFree(x), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclmdlExecuteAsync(id, input, output, stream_), ACL_SUCCESS);  // in order: allowed
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecuteAsync(id, input, output, second), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(second), ACL_SUCCESS);
}

TEST_F(ProfileTest, SharedWorkMemoryOnTwoStreamsIsFoundOut) {
  UseProfile(R"({"models":{"linear":{"default":100}}})");
  const std::string om = LinearOm({});
  void* work = Device(1024);
  uint32_t ids[2] = {};
  for (uint32_t& id : ids) {
    ASSERT_EQ(aclmdlLoadFromMemWithMem(om.data(), om.size(), &id, work, 1024, nullptr, 0),
              ACL_SUCCESS);
  }
  void* x = Device(16);
  aclmdlDataset* input = DatasetOf({{x, 16}});
  aclmdlDataset* output = DatasetOf({{Device(16), 16}});
  ASSERT_EQ(aclmdlExecuteAsync(ids[0], input, output, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecute(ids[1], input, output), ACL_ERROR_RT_MODEL_RUNNING);
  EXPECT_EQ(aclmdlExecuteAsync(ids[1], input, output, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
}

TEST_F(ProfileTest, BadProfilesStopAclInit) {
  ASSERT_EQ(aclFinalize(), ACL_SUCCESS);
  setenv("HOSTACL_PROFILE", "/nonexistent.json", 1);
  EXPECT_EQ(aclInit(nullptr), ACL_ERROR_INVALID_FILE);
  const std::string path = WriteFile("bad.json", R"({"compute":"sometimes","models":{}})");
  setenv("HOSTACL_PROFILE", path.c_str(), 1);
  EXPECT_EQ(aclInit(nullptr), ACL_ERROR_INVALID_FILE);
  EXPECT_NE(Message().find("compute"), std::string::npos);
  unsetenv("HOSTACL_PROFILE");
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS);  // for TearDown
}

}  // namespace
}  // namespace hostacl::testing
