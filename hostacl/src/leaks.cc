// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "leaks.h"

#include <algorithm>
#include <sstream>

#include "dataset.h"
#include "model_config.h"
#include "runtime.h"
#include "tensor_desc.h"

namespace hostacl {

std::string DescribeLeaks(Runtime* runtime) {
  std::ostringstream text;
  const auto add = [&text](size_t count, const char* what) {
    if (count == 0) return false;
    text << (text.tellp() > 0 ? ", " : "") << count << " " << what;
    return true;
  };
  add(DataBuffers().size(), "aclDataBuffer");
  add(Datasets().size(), "aclmdlDataset");
  add(TensorDescs().size(), "aclTensorDesc");
  add(LoadConfigs().size() + ExecConfigs().size(), "configuration handle(s)");
  add(runtime->Models().size(), "loaded model(s)");
  add(runtime->streams().size(), "stream(s)");
  add(runtime->events().size(), "event(s)");
  const auto contexts = runtime->contexts().All();
  add(static_cast<size_t>(
          std::count_if(contexts.begin(), contexts.end(),
                        [](const auto& context) { return !context->is_default(); })),
      "context(s)");
  for (uint32_t id = 0; id < runtime->device_count(); ++id) {
    Device* device = nullptr;
    if (runtime->DeviceAt(id, &device)) {
      const Arena::Usage usage = device->arena().callers();
      if (add(usage.pieces, "allocation(s)")) {
        text << " of " << usage.bytes << " bytes on device " << id;
      }
    }
  }
  const Arena::Usage host = runtime->PinnedHost();
  if (add(host.pieces, "page-locked block(s)")) text << " of " << host.bytes << " bytes";
  return text.str();
}

}  // namespace hostacl
