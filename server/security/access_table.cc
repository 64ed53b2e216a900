// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/access_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace omserve {
namespace {

constexpr Roles kInfer = Role::kInfer;
constexpr Roles kControl = Role::kControl;
constexpr Roles kReaders = Role::kStats | Role::kControl;
constexpr Roles kAll = Role::kInfer | Role::kControl | Role::kStats;
constexpr Roles kNone;

constexpr char kHealth[] = "grpc.health.v1.Health";
constexpr char kReflection[] = "grpc.reflection.v1alpha.ServerReflection";
constexpr char kKserve[] = "inference.GRPCInferenceService";
constexpr char kControlService[] = "omserve.v1.Control";
constexpr char kVision[] = "omserve.v1.Vision";

// In the order of service and method. Health tells probes and load balancers what the health
// listener tells everybody anyway.
constexpr AccessRow kTable[] = {
    {kHealth, "Check", kNone, true},
    {kHealth, "Watch", kNone, true},
    {kReflection, "ServerReflectionInfo", kAll},
    {kKserve, "CudaSharedMemoryRegister", kInfer},
    {kKserve, "CudaSharedMemoryStatus", kInfer},
    {kKserve, "CudaSharedMemoryUnregister", kInfer},
    {kKserve, "LogSettings", kControl},
    {kKserve, "ModelConfig", kAll},
    {kKserve, "ModelInfer", kInfer},
    {kKserve, "ModelMetadata", kAll},
    {kKserve, "ModelReady", kAll},
    {kKserve, "ModelStatistics", kReaders},
    {kKserve, "ModelStreamInfer", kInfer},
    {kKserve, "RepositoryIndex", kReaders},
    {kKserve, "RepositoryModelLoad", kControl},
    {kKserve, "RepositoryModelUnload", kControl},
    {kKserve, "ServerLive", kNone, true},
    {kKserve, "ServerMetadata", kAll},
    {kKserve, "ServerReady", kNone, true},
    {kKserve, "SystemSharedMemoryRegister", kInfer},
    {kKserve, "SystemSharedMemoryStatus", kInfer},
    {kKserve, "SystemSharedMemoryUnregister", kInfer},
    {kKserve, "TraceSetting", kControl},
    {kControlService, "Load", kControl},
    {kControlService, "Models", kReaders},
    {kControlService, "Reload", kControl},
    {kControlService, "Stats", kReaders},
    {kControlService, "Unload", kControl},
    {kVision, "Detect", kInfer},
    {kVision, "DetectStream", kInfer},
    {kVision, "Embed", kInfer},
    {kVision, "ListModels", kAll},
    {kVision, "ReadText", kInfer},
};

using Name = std::pair<absl::string_view, absl::string_view>;
constexpr Name NameOf(const AccessRow& row) { return {row.service, row.method}; }
constexpr bool Before(const AccessRow& a, const AccessRow& b) { return NameOf(a) < NameOf(b); }
static_assert(std::is_sorted(std::begin(kTable), std::end(kTable), Before));

}  // namespace

absl::Span<const AccessRow> AccessTable() { return kTable; }

const AccessRow* FindAccess(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (path.empty() || path.front() != '/' || slash == 0) return nullptr;
  const Name name(path.substr(1, slash - 1), path.substr(slash + 1));
  const auto* const found =
      std::lower_bound(std::begin(kTable), std::end(kTable), name,
                       [](const AccessRow& row, const Name& n) { return NameOf(row) < n; });
  return found != std::end(kTable) && NameOf(*found) == name ? found : nullptr;
}

}  // namespace omserve
