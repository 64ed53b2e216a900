// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "profile.h"

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "acl_fixture.h"
#include "engine_log.h"

namespace hostacl::testing {
namespace {

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

// How long `work` takes on device 0 in device time, in ms.
template <typename Work>
float Timed(aclrtStream stream, const Work& work) {
  aclrtEvent begin = nullptr;
  aclrtEvent end = nullptr;
  EXPECT_EQ(aclrtCreateEvent(&begin), ACL_SUCCESS);
  EXPECT_EQ(aclrtCreateEvent(&end), ACL_SUCCESS);
  EXPECT_EQ(aclrtRecordEvent(begin, stream), ACL_SUCCESS);
  work();
  EXPECT_EQ(aclrtRecordEvent(end, stream), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream), ACL_SUCCESS);
  float ms = 0;
  EXPECT_EQ(aclrtEventElapsedTime(&ms, begin, end), ACL_SUCCESS);
  return ms;
}

TEST_F(ProfileTest, QueuedStagesFollowWithoutGaps) {
  UseProfile(R"({"compute":"replay","models":{"linear":{"default":2}}})");
  const uint32_t id = Load({});
  aclmdlDataset* input = DatasetOf({{Device(16), 16}});
  aclmdlDataset* output = DatasetOf({{Device(16), 16}});
  // Device time is exact whenever the threads woke up: an event's time is that of its stage's end.
  const float ms = Timed(stream_, [&] {
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(aclmdlExecuteAsync(id, input, output, stream_), ACL_SUCCESS);
    }
  });
  EXPECT_GE(ms, 200.0f - 0.01f);
  EXPECT_LT(ms, 200.0f + 100.0f);  // the time to enqueue the first
}

TEST_F(ProfileTest, OverheadAndFirstRunComeOnTop) {
  UseProfile(R"({"compute":"replay","execute_overhead_us":3000,"first_run_ms":7,
                 "models":{"linear":{"default":1},"other":{"1":2,"first_run_ms":20}}})");
  const uint32_t ids[2] = {Load({}), Load({.name = "other"})};
  void* x = Device(16);
  aclmdlDataset* input = DatasetOf({{x, 16}});
  aclmdlDataset* output = DatasetOf({{Device(16), 16}});
  const auto run = [&](uint32_t id) {
    return Timed(stream_,
                 [&] { ASSERT_EQ(aclmdlExecuteAsync(id, input, output, stream_), ACL_SUCCESS); });
  };
  EXPECT_GE(run(ids[0]), 11.0f - 0.01f);
  EXPECT_GE(run(ids[1]), 25.0f - 0.01f);
  EXPECT_GE(run(ids[1]), 5.0f - 0.01f);
}

TEST_F(ProfileTest, LoadTakesItsTime) {
  UseProfile(R"({"load_ms":1,"models":{"linear":{"load_ms":30}}})");
  const Clock::time_point begin = Clock::now();
  Load({});
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(30));
}

// 1 MB takes 10 ms to the device, 20 ms back, 5 ms within; an execution takes 30 ms.
constexpr char kCopies[] = R"({"compute":"replay","copy_gb_per_s":{"h2d":0.1,"d2h":0.05,"d2d":0.2},
                               "models":{"linear":{"default":30}}})";

class EngineTest : public ProfileTest {
 protected:
  void SetUp() override {
    ProfileTest::SetUp();
    UseProfile(kCopies);
    id_ = Load({});
    input_ = DatasetOf({{Device(16), 16}});
    output_ = DatasetOf({{Device(16), 16}});
    ASSERT_EQ(aclrtCreateStream(&other_), ACL_SUCCESS);
    for (void*& buffer : device_) buffer = Device(kBytes);
    for (void*& buffer : host_) ASSERT_EQ(aclrtMallocHost(&buffer, kBytes), ACL_SUCCESS);
    Execute();  // seen from now on
    ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  }

  void Execute() { ASSERT_EQ(aclmdlExecuteAsync(id_, input_, output_, stream_), ACL_SUCCESS); }
  void CopyIn(int buffer, aclrtStream stream) {
    ASSERT_EQ(aclrtMemcpyAsync(device_[buffer], kBytes, host_[buffer], kBytes,
                               ACL_MEMCPY_HOST_TO_DEVICE, stream),
              ACL_SUCCESS);
  }
  void CopyWithin(aclrtStream stream) {
    ASSERT_EQ(aclrtMemcpyAsync(device_[0], kBytes, device_[1], kBytes, ACL_MEMCPY_DEVICE_TO_DEVICE,
                               stream),
              ACL_SUCCESS);
  }
  // From before the work on both streams to the end of the later one, in ms of device time.
  template <typename First, typename Second>
  float Together(const First& first, const Second& second) {
    aclrtEvent end = nullptr;
    EXPECT_EQ(aclrtCreateEvent(&end), ACL_SUCCESS);
    return Timed(stream_, [&] {
      first();
      second();
      EXPECT_EQ(aclrtRecordEvent(end, other_), ACL_SUCCESS);
      EXPECT_EQ(aclrtStreamWaitEvent(stream_, end), ACL_SUCCESS);
      // An event carries the time of the work before it; a wait has moved that of its stream.
    });
  }

  static constexpr size_t kBytes = 1000000;
  uint32_t id_ = 0;
  aclmdlDataset* input_ = nullptr;
  aclmdlDataset* output_ = nullptr;
  aclrtStream other_ = nullptr;
  void* device_[2] = {};
  void* host_[2] = {};
};

TEST_F(EngineTest, CopiesTakeTheTimeOfTheirDirection) {
  EXPECT_GE(Timed(stream_, [&] { CopyIn(0, stream_); }), 10.0f - 0.01f);
  EXPECT_GE(Timed(stream_, [&] { CopyWithin(stream_); }), 5.0f - 0.01f);
  const Clock::time_point begin = Clock::now();
  EXPECT_EQ(aclrtMemcpy(host_[0], kBytes, device_[0], kBytes, ACL_MEMCPY_DEVICE_TO_HOST),
            ACL_SUCCESS);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(20));
}

TEST_F(EngineTest, TwoCopiesIntoTheDeviceShareOneEngine) {
  EXPECT_GE(Together([&] { CopyIn(0, stream_); }, [&] { CopyIn(1, other_); }), 20.0f - 0.01f);
}

TEST_F(EngineTest, CopyWithinTheDeviceWaitsForTheExecution) {
  EXPECT_GE(Together([&] { Execute(); }, [&] { CopyWithin(other_); }), 35.0f - 0.01f);
}

TEST_F(EngineTest, CopyAndExecutionOverlap) {
  // Ten of both: 300 ms overlapped, 400 ms in turn. The difference is far above any scheduling.
  const float ms = Together(
      [&] {
        for (int i = 0; i < 10; ++i) Execute();
      },
      [&] {
        for (int i = 0; i < 10; ++i) CopyIn(1, other_);
      });
  EXPECT_GE(ms, 300.0f - 0.01f);
  EXPECT_LT(ms, 390.0f);
}

TEST_F(ProfileTest, ReportTellsWhatTheEnginesDid) {
  const std::string report = WriteFile("report.json", "");
  Restart({{"HOSTACL_PROFILE_REPORT", report}});
  // No graph is as fast as that: every run is an overrun.
  UseProfile(R"({"compute":"real","models":{"linear":{"default":0}}})");
  const uint32_t id = Load({});
  aclmdlDataset* input = DatasetOf({{Device(16), 16}});
  aclmdlDataset* output = DatasetOf({{Device(16), 16}});
  for (int i = 0; i < 5; ++i) ASSERT_EQ(aclmdlExecute(id, input, output), ACL_SUCCESS);
  ASSERT_EQ(aclFinalize(), ACL_SUCCESS);
  std::ifstream file(report);
  const nlohmann::json json = nlohmann::json::parse(file);
  const nlohmann::json compute = json.at("devices").at(0).at("compute");
  EXPECT_EQ(compute.at("stages").get<int>(), 5);
  EXPECT_EQ(compute.at("overruns").get<int>(), 5);
  EXPECT_GT(compute.at("overrun_ms").get<double>(), 0);
  EXPECT_EQ(json.at("devices").at(1).at("compute").at("stages").get<int>(), 0);
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS);  // for TearDown
}

TEST_F(ProfileTest, EngineLogHasEveryStageWithItsTime) {
  const std::string path = WriteFile("engines.json", "");
  Restart({{"HOSTACL_ENGINE_LOG", path}});
  UseProfile(R"({"compute":"replay","models":{"linear":{"default":5}}})");
  const uint32_t id = Load({});
  aclmdlDataset* input = DatasetOf({{Device(16), 16}});
  aclmdlDataset* output = DatasetOf({{Device(16), 16}});
  for (int i = 0; i < 3; ++i) ASSERT_EQ(aclmdlExecute(id, input, output), ACL_SUCCESS);
  ASSERT_EQ(aclFinalize(), ACL_SUCCESS);
  std::ifstream file(path);
  const nlohmann::json json = nlohmann::json::parse(file);
  double last_end = 0;
  int runs = 0;
  for (const nlohmann::json& event : json.at("traceEvents")) {
    if (event.at("name") != "linear") continue;
    ++runs;
    EXPECT_EQ(event.at("ph"), "X");
    EXPECT_EQ(event.at("pid"), 0);
    EXPECT_EQ(event.at("tid"), "compute");
    EXPECT_EQ(event.at("args").at("size"), 1);
    EXPECT_DOUBLE_EQ(event.at("dur").get<double>(), 5000);
    EXPECT_GE(event.at("ts").get<double>(), last_end);
    last_end = event.at("ts").get<double>() + event.at("dur").get<double>();
  }
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(json.at("dropped"), 0);
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS);  // for TearDown
}

TEST(EngineLogTest, CountsWhatFindsNoRoom) {
  hostacl::EngineLog log(/*room=*/1);
  const Clock::time_point start = Clock::time_point() + std::chrono::nanoseconds(1234005);
  log.Add(3, hostacl::EngineKind::kToHost, "a \"copy\"", 64, start,
          start + std::chrono::nanoseconds(2001));
  log.Add(3, hostacl::EngineKind::kToHost, "copy", 64, start, start);
  const std::string text = log.Json();
  const nlohmann::json json = nlohmann::json::parse(text);
  EXPECT_EQ(json.at("dropped"), 1);
  ASSERT_EQ(json.at("traceEvents").size(), 1);
  EXPECT_EQ(json.at("traceEvents")[0].at("name"), "a \"copy\"");
  EXPECT_EQ(json.at("traceEvents")[0].at("tid"), "d2h");
  EXPECT_NE(text.find("\"ts\": 1234.005, \"dur\": 2.001,"), std::string::npos) << text;
}

TEST_F(ProfileTest, BadProfilesSayKeyAndPlace) {
  struct Bad {
    const char* json;
    const char* say;
  };
  for (const Bad& bad : {
           Bad{"{\"models\":{}", "line 1"},
           Bad{"[]", "object"},
           Bad{"{}", "\"models\""},
           Bad{R"({"models":[]})", "\"models\""},
           Bad{R"({"modles":{},"models":{}})", "\"modles\""},
           Bad{R"({"models":{},"compute":"none"})", "\"compute\""},
           Bad{R"({"models":{},"compute":1})", "\"compute\""},
           Bad{R"({"models":{"m":3}})", "\"models.m\""},
           Bad{R"({"models":{"m":{"4":-1}}})", "\"models.m.4\""},
           Bad{R"({"models":{"m":{"4":"1"}}})", "\"models.m.4\""},
           Bad{R"({"models":{"m":{"4x":1}}})", "\"models.m.4x\""},
           Bad{R"({"models":{"m":{"4x4,4":1}}})", "\"models.m.4x4,4\""},
           Bad{R"({"models":{"m":{"batch":1}}})", "\"models.m.batch\""},
           Bad{R"({"models":{"m":{"load_ms":true}}})", "\"models.m.load_ms\""},
           Bad{R"({"models":{},"first_run_ms":"1"})", "\"first_run_ms\""},
           Bad{R"({"models":{},"copy_gb_per_s":"fast"})", "\"copy_gb_per_s\""},
           Bad{R"({"models":{},"copy_gb_per_s":{"h2h":1}})", "\"copy_gb_per_s.h2h\""},
           Bad{R"({"models":{},"copy_latency_us":{"h2d":-1}})", "\"copy_latency_us.h2d\""},
           Bad{R"({"models":{},"soc":{}})", "\"soc\""},
           Bad{R"({"models":{},"device_memory_mib":[1.5]})", "\"device_memory_mib\""},
       }) {
    std::string problem;
    EXPECT_EQ(Profile::Load(WriteFile("bad.json", bad.json), &problem), nullptr) << bad.json;
    EXPECT_NE(problem.find(bad.say), std::string::npos) << bad.json << " -> " << problem;
  }
}

TEST_F(ProfileTest, GearsOfAllKindsHaveTimes) {
  std::string problem;
  const auto profile = Profile::Load(
      WriteFile("gears.json",
                R"({"models":{"m":{"4":1,"416x416":2,"1,200":3},"n":{"default":5}}})"),
      &problem);
  ASSERT_NE(profile, nullptr) << problem;
  EXPECT_EQ(profile->Time("m", "4"), std::chrono::milliseconds(1));
  EXPECT_EQ(profile->Time("m", "416x416"), std::chrono::milliseconds(2));
  EXPECT_EQ(profile->Time("m", "416,416"), std::chrono::milliseconds(2));
  EXPECT_EQ(profile->Time("m", "1,200"), std::chrono::milliseconds(3));
  EXPECT_EQ(profile->Time("m", "8"), std::nullopt);
  EXPECT_EQ(profile->Time("n", "8"), std::chrono::milliseconds(5));
  EXPECT_EQ(profile->Time("o", "8"), std::nullopt);
}

TEST_F(ProfileTest, ShippedProfilesHoldThePublishedTimes) {
  const auto ms = [](const char* file, const char* model, uint64_t batch) {
    std::string problem;
    const auto profile = Profile::Load(std::string("hostacl/profiles/") + file, &problem);
    EXPECT_NE(profile, nullptr) << problem;
    return std::chrono::duration<double, std::milli>(
               profile->Time(model, std::to_string(batch)).value_or(Clock::duration{0}))
        .count();
  };
  EXPECT_EQ(ms("910b3-vitdet.json", "backbone", 1), 157.746);
  EXPECT_EQ(ms("910b3-vitdet.json", "rpn", 1), 1.162);
  EXPECT_EQ(ms("910b3-vitdet.json", "roi_bbox", 100), 85.468);
  EXPECT_EQ(ms("910b3-vitdet.json", "roi_mask", 16), 59.338);
  EXPECT_EQ(ms("910b4-internvit-6b.json", "internvit", 1), 88.99);
  EXPECT_EQ(ms("910b4-internvit-6b.json", "internvit", 4), 134.5);
  EXPECT_EQ(ms("910b4-internvit-6b.json", "internvit", 8), 244.9);
  EXPECT_EQ(ms("bench-vitdet.json", "backbone", 2), 31.5492);
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
