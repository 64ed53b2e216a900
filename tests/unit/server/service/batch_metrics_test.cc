// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/batch_metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

TEST(BatchMetricsTest, CountsBatchesAndErrors) {
  ServerMetrics metrics({});
  BatchMetrics observer(metrics, {0, 1});
  observer.AddStage("m", "rpn");
  BatchRecord record;
  record.model = "m";
  record.stage = "rpn";
  record.device = 1;
  record.items = 3;
  record.padding = 1;
  record.execute = absl::Milliseconds(500);
  observer.OnBatch(record);
  observer.OnQueueDepth("m", "rpn", 5);
  observer.OnCallEnded("m", "rpn", "expired");
  observer.OnShadowCheck("m", "rpn", false);
  observer.OnDeviceRecovery(1, "recovered");
  record.status = absl::UnavailableError("gone");
  observer.OnBatch(record);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("omserve_batches_total{model=\"m\",stage=\"rpn\"} 1"));
  EXPECT_THAT(text, HasSubstr("omserve_inferences_total{model=\"m\",stage=\"rpn\"} 3"));
  EXPECT_THAT(text, HasSubstr("omserve_batch_padded_items_total{model=\"m\",stage=\"rpn\"} 1"));
  EXPECT_THAT(text, HasSubstr("omserve_device_busy_seconds_total{device=\"1\"} 1"));
  EXPECT_THAT(text, HasSubstr("omserve_device_errors_total{code=\"UNAVAILABLE\",device=\"1\"} 1"));
  EXPECT_THAT(text, HasSubstr("omserve_queue_depth{model=\"m\",stage=\"rpn\"} 5"));
  EXPECT_THAT(text, HasSubstr("omserve_stage_calls_total{model=\"m\",reason=\"expired\","
                              "stage=\"rpn\"} 1"));
  EXPECT_THAT(text, HasSubstr("omserve_shadow_checks_total{model=\"m\",result=\"different\","
                              "stage=\"rpn\"} 1"));
  EXPECT_THAT(text,
              HasSubstr("omserve_device_recoveries_total{device=\"1\",result=\"recovered\"} 1"));
  EXPECT_THAT(text, HasSubstr("omserve_device_recoveries_total{device=\"0\",result=\"failed\"} 0"));
}

TEST(BatchMetricsTest, IgnoresWhatItDoesNotKnow) {
  ServerMetrics metrics({});
  BatchMetrics observer(metrics, {0});
  BatchRecord record;
  record.model = "m";
  record.stage = "x";
  record.device = 9;
  observer.OnBatch(record);
  observer.OnQueueDepth("m", "x", 1);
  observer.OnCallEnded("m", "x", "done");
  observer.OnShadowCheck("m", "x", true);
  observer.OnDeviceRecovery(9, "recovered");
  observer.OnDeviceRecovery(0, "unheard of");
  SUCCEED();
}

}  // namespace
}  // namespace omserve
