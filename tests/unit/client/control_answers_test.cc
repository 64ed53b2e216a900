// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/control_answers.h"

#include "gtest/gtest.h"

namespace omserve::client {
namespace {

TEST(ControlAnswersTest, Versions) {
  v1::LoadResponse response;
  EXPECT_EQ(Format(response), "there are no models\n");
  v1::ModelVersion* version = response.add_versions();
  version->set_model("vit");
  version->set_version("1");
  version->set_state(v1::MODEL_STATE_UNAVAILABLE);
  version->set_reason("unloaded");
  version = response.add_versions();
  version->set_model("vit");
  version->set_version("2");
  version->set_state(v1::MODEL_STATE_READY);
  version->set_device_bytes(3 << 19);
  EXPECT_EQ(Format(response),
            "name  version  state        device MiB  reason\n"
            "----  -------  -----------  ----------  --------\n"
            "vit   1        UNAVAILABLE         0.0  unloaded\n"
            "vit   2        READY               1.5\n");
  const nlohmann::json json = ToJson(response);
  EXPECT_EQ(json["versions"][1]["state"], "READY");
  EXPECT_EQ(json["versions"][0]["reason"], "unloaded");
  EXPECT_EQ(json["error"], nullptr);
}

TEST(ControlAnswersTest, Stats) {
  v1::StatsResponse stats;
  stats.mutable_uptime()->set_seconds(61);
  stats.set_requests_at_work(3);
  v1::ModelStats* model = stats.add_models();
  model->set_model("vit");
  model->set_version("2");
  model->set_requests_at_work(3);
  (*model->mutable_requests())["OK"] = 7;
  (*model->mutable_requests())["CANCELLED"] = 1;
  (*model->mutable_requests())["INTERNAL"] = 2;
  model->mutable_mean_time()->set_nanos(2'500'000);
  v1::DeviceStats* device = stats.add_devices();
  device->set_device(4);
  device->set_healthy(true);
  device->set_memory_used_bytes(1 << 20);
  device->set_memory_total_bytes(4 << 20);
  EXPECT_EQ(Format(stats),
            "up 61 s, 3 requests at work\n\n"
            "name  version  at work  answered  failed  mean ms\n"
            "----  -------  -------  --------  ------  -------\n"
            "vit   2              3         7       3     2.50\n\n"
            "device  healthy  used MiB  of MiB\n"
            "------  -------  --------  ------\n"
            "     4  yes           1.0     4.0\n");
  const nlohmann::json json = ToJson(stats);
  EXPECT_EQ(json["models"][0]["requests"]["CANCELLED"], 1);
  EXPECT_DOUBLE_EQ(json["models"][0]["mean_ms"], 2.5);
  EXPECT_EQ(json["devices"][0]["healthy"], true);
}

}  // namespace
}  // namespace omserve::client
