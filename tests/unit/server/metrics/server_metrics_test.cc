// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/server_metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/metrics/metrics_listener.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

BuildInfo Info() { return {"0.1.0", "abc", "8.0.1", "Ascend310P3", "1.51.1"}; }

TEST(ServerMetricsTest, DeclaresEveryFamilyAtStart) {
  ServerMetrics metrics(Info());
  metrics.AddMethod("vitdet", "Detect");
  metrics.AddStreams("vitdet");
  metrics.AddStage("vitdet", "backbone");
  metrics.AddCallEnd("vitdet", "backbone", "done");
  metrics.AddDevice(0);
  metrics.AddRecovery(0, "recovered");
  metrics.AddModel("vitdet", "1");
  metrics.AddTracing();
  metrics.AddSecurity(
      {.refusals = {"no_role"}, .certificate = true, .client_ca = true, .client_crl = true});
  const std::string text = metrics.Text();
  for (const char* family : {"omserve_requests_total",
                             "omserve_request_failures_total",
                             "omserve_request_duration_seconds",
                             "omserve_stage_duration_seconds",
                             "omserve_queue_depth",
                             "omserve_inflight_requests",
                             "omserve_batch_size",
                             "omserve_batch_padded_items_total",
                             "omserve_inferences_total",
                             "omserve_batches_total",
                             "omserve_stage_calls_total",
                             "omserve_shadow_checks_total",
                             "omserve_device_busy_seconds_total",
                             "omserve_device_memory_used_bytes",
                             "omserve_device_memory_total_bytes",
                             "omserve_device_healthy",
                             "omserve_device_errors_total",
                             "omserve_device_recoveries_total",
                             "omserve_model_ready",
                             "omserve_model_load_duration_seconds",
                             "omserve_build_info",
                             "omserve_request_restarts_total",
                             "omserve_stream_frames_dropped_total",
                             "omserve_traces_total",
                             "omserve_streams",
                             "omserve_refusals_total",
                             "omserve_credential_reloads_total",
                             "omserve_certificate_expiry_timestamp_seconds"}) {
    EXPECT_THAT(text, HasSubstr("# HELP " + std::string(family) + " "));
    EXPECT_THAT(text, HasSubstr("\n" + std::string(family))) << "no series";
  }
  EXPECT_THAT(text, HasSubstr("reason=\"queue_full\"} 0"));
  EXPECT_THAT(text, HasSubstr("soc=\"Ascend310P3\""));
}

TEST(ServerMetricsTest, CountsInTheChild) {
  ServerMetrics metrics(Info());
  const RequestMetrics method = metrics.AddMethod("m", "Embed");
  method.requests[3]->Increment();
  method.duration->Observe(0.02);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("code=\"INVALID_ARGUMENT\""));
  EXPECT_THAT(text, HasSubstr("le=\"0.025\"} 1"));
}

TEST(ServerMetricsTest, KeepsTheSeriesOfAModelInBudget) {
  ServerMetrics metrics(Info());
  const std::string before = metrics.Text();
  metrics.AddMethod("vitdet", "Detect");
  const std::string after = metrics.Text();
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_LT(lines(after) - lines(before), 260);
}

TEST(StatusCodeNameTest, CoversWhatIsNoCode) {
  EXPECT_EQ(StatusCodeName(0), "OK");
  EXPECT_EQ(StatusCodeName(16), "UNAUTHENTICATED");
  EXPECT_EQ(StatusCodeName(99), "UNKNOWN");
  EXPECT_EQ(StatusCodeName(-1), "UNKNOWN");
}

TEST(ProcessCollectorTest, TellsAboutTheProcess) {
  std::vector<std::string> names;
  for (const prometheus::MetricFamily& family : ProcessCollector().Collect()) {
    names.push_back(family.name);
    const auto& metric = family.metric.at(0);
    EXPECT_GE(metric.gauge.value + metric.counter.value, 0) << family.name;
  }
  EXPECT_THAT(names, ::testing::IsSupersetOf({"process_cpu_seconds_total",
                                              "process_resident_memory_bytes", "process_open_fds",
                                              "process_max_fds", "process_start_time_seconds"}));
}

TEST(MetricsListenerTest, TellsItsPortAndRefusesABusyOne) {
  ServerMetrics metrics(Info());
  const auto first = MetricsListener::Start("127.0.0.1:0", metrics);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_GT((*first)->port(), 0);
  const auto second =
      MetricsListener::Start("127.0.0.1:" + std::to_string((*first)->port()), metrics);
  EXPECT_TRUE(absl::IsUnavailable(second.status()));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("listeners.metrics: "));
}

}  // namespace
}  // namespace omserve
