// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/control_conversion.h"

#include <memory>

#include "gtest/gtest.h"
#include "server/service/request_record.h"

namespace omserve {
namespace {

TEST(ControlConversionTest, VersionsHaveTheirStates) {
  v1::ModelVersion out;
  ConvertVersion({"a", "3", ModelState::kUnloading, "why", 5}, out);
  EXPECT_EQ(out.model(), "a");
  EXPECT_EQ(out.version(), "3");
  EXPECT_EQ(out.state(), v1::MODEL_STATE_UNLOADING);
  EXPECT_EQ(out.reason(), "why");
  EXPECT_EQ(out.device_bytes(), 5);
  for (const auto& [state, wire] :
       {std::pair{ModelState::kUnavailable, v1::MODEL_STATE_UNAVAILABLE},
        std::pair{ModelState::kLoading, v1::MODEL_STATE_LOADING},
        std::pair{ModelState::kReady, v1::MODEL_STATE_READY}}) {
    ConvertVersion({"a", "3", state, "", 0}, out);
    EXPECT_EQ(out.state(), wire);
    EXPECT_EQ(v1::ModelState_Name(out.state()).substr(12), std::string(ModelStateName(state)));
  }
}

TEST(ControlConversionTest, StatsAreWhatWasCounted) {
  ServerMetrics metrics{BuildInfo()};
  const auto model = std::shared_ptr<ServedModel>(new ServedModel{
      "a", "1", {}, {}, *InternVit::Create({}), nullptr, metrics.AddMethod("a", "Embed"), {}});
  v1::ModelStats none;
  ConvertStats(*model, none);
  EXPECT_EQ(none.requests_size(), 0);
  EXPECT_FALSE(none.has_mean_time());
  RecordRequest(model->metrics, absl::OkStatus(), absl::Milliseconds(10), {}, absl::UnixEpoch(),
                false);
  RecordRequest(model->metrics, absl::OkStatus(), absl::Milliseconds(30), {}, absl::UnixEpoch(),
                false);
  RecordRequest(model->metrics, absl::CancelledError(), absl::Milliseconds(20), {},
                absl::UnixEpoch(), false);
  ModelCatalog catalog;
  catalog.Publish(model);
  const auto own = catalog.FindAny("a");
  const auto other = catalog.FindAny("a");
  v1::ModelStats out;
  ConvertStats(*model, out);
  EXPECT_EQ(out.requests().at("OK"), 2);
  EXPECT_EQ(out.requests().at("CANCELLED"), 1);
  EXPECT_EQ(out.requests_size(), 2);
  EXPECT_EQ(out.requests_at_work(), 1);
  EXPECT_EQ(out.mean_time().nanos(), 20'000'000);
}

TEST(ControlConversionTest, DurationsAreSplit) {
  google::protobuf::Duration out;
  ConvertDuration(absl::Milliseconds(61'500), out);
  EXPECT_EQ(out.seconds(), 61);
  EXPECT_EQ(out.nanos(), 500'000'000);
}

}  // namespace
}  // namespace omserve
