// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/process_collector.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

#include "prometheus/metric_family.h"

namespace omserve {
namespace {

prometheus::MetricFamily One(const char* name, const char* help, prometheus::MetricType type,
                             double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return {name, help, type, {metric}};
}

// Fields of /proc/self/stat after the command's closing parenthesis; the first is field 3.
struct Stat {
  double cpu_seconds = 0;
  double start_ticks = 0;
  double rss_bytes = 0;
  double virtual_bytes = 0;
};

std::optional<Stat> ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const size_t end = text.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  std::istringstream in(text.substr(end + 1));
  std::vector<std::string> fields;
  for (std::string field; in >> field;) fields.push_back(field);
  if (fields.size() < 22) return std::nullopt;
  const auto number = [&](size_t proc_field) { return std::atof(fields[proc_field - 3].c_str()); };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  Stat stat;
  stat.cpu_seconds = (number(14) + number(15)) / ticks;
  stat.start_ticks = number(22) / ticks;
  stat.virtual_bytes = number(23);
  stat.rss_bytes = number(24) * static_cast<double>(sysconf(_SC_PAGESIZE));
  return stat;
}

std::optional<double> BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string key; file >> key;) {
    double value = 0;
    if (key == "btime" && file >> value) return value;
    file.ignore(1 << 16, '\n');
  }
  return std::nullopt;
}

std::optional<double> OpenFiles() {
  std::error_code error;
  double count = 0;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  if (error) return std::nullopt;
  return count;
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessCollector::Collect() const {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> out;
  if (const std::optional<Stat> stat = ReadStat()) {
    out.push_back(One("process_cpu_seconds_total", "User and system CPU time", MetricType::Counter,
                      stat->cpu_seconds));
    out.push_back(One("process_resident_memory_bytes", "Resident memory", MetricType::Gauge,
                      stat->rss_bytes));
    out.push_back(One("process_virtual_memory_bytes", "Virtual memory", MetricType::Gauge,
                      stat->virtual_bytes));
    if (const std::optional<double> boot = BootTime()) {
      out.push_back(One("process_start_time_seconds", "Start, since the epoch", MetricType::Gauge,
                        *boot + stat->start_ticks));
    }
  }
  if (const std::optional<double> files = OpenFiles()) {
    out.push_back(One("process_open_fds", "Open file descriptors", MetricType::Gauge, *files));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.push_back(One("process_max_fds", "Most file descriptors that may be open",
                      MetricType::Gauge, static_cast<double>(limit.rlim_cur)));
  }
  return out;
}

}  // namespace omserve
