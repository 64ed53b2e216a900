// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Classification, asynchronous: a pool of datasets, a thread for callbacks, and a blocking callback
// after every second execution that reads the results and gives the datasets back.
// usage: classify_async MODEL INPUT COUNT
#include <atomic>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "sample.h"

namespace {

std::mutex pool_mutex;
std::map<aclmdlDataset*, aclmdlDataset*> pool;  // inputs to outputs
size_t output_floats = 0;

using Finished = std::map<aclmdlDataset*, aclmdlDataset*>;

void TakeResults(void* argument) {
  auto* finished = static_cast<Finished*>(argument);
  for (const auto& [inputs, outputs] : *finished) {
    PrintOutput(outputs, output_floats);  // a copy that waits is allowed here
    const std::lock_guard<std::mutex> lock(pool_mutex);
    pool[inputs] = outputs;
  }
  delete finished;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  CHECK_ACL(aclInit(nullptr));
  CHECK_ACL(aclrtSetDevice(0));
  aclrtContext context = nullptr;
  CHECK_ACL(aclrtCreateContext(&context, 0));
  aclrtStream stream = nullptr;
  CHECK_ACL(aclrtCreateStream(&stream));
  uint32_t id = 0;
  CHECK_ACL(aclmdlLoadFromFile(argv[1], &id));
  aclmdlDesc* desc = aclmdlCreateDesc();
  CHECK_ACL(aclmdlGetDesc(desc, id));
  output_floats = aclmdlGetOutputSizeByIndex(desc, 0) / sizeof(float);
  const std::vector<char> bytes = ReadBinary(argv[2]);
  const int count = std::atoi(argv[3]);
  for (int i = 0; i < count; ++i) {
    aclmdlDataset* inputs = aclmdlCreateDataset();
    AddBuffer(inputs, Upload(bytes), bytes.size());
    pool[inputs] = MakeOutputs(desc);
  }

  std::atomic<bool> done{false};
  std::thread reports([&] {
    CHECK_ACL(aclrtSetCurrentContext(context));
    while (!done.load()) (void)aclrtProcessReport(100);
  });
  std::ostringstream text;  // the way of the public samples: the id's text is the number
  text << reports.get_id();
  const uint64_t thread = std::stoull(text.str());
  CHECK_ACL(aclrtSubscribeReport(thread, stream));

  auto* batch = new Finished();
  for (int i = 0; i < count; ++i) {
    std::pair<aclmdlDataset*, aclmdlDataset*> set;
    {
      const std::lock_guard<std::mutex> lock(pool_mutex);
      set = *pool.begin();
      pool.erase(pool.begin());
    }
    CHECK_ACL(aclmdlExecuteAsync(id, set.first, set.second, stream));
    batch->insert(set);
    if (i % 2 == 1 || i + 1 == count) {
      CHECK_ACL(aclrtLaunchCallback(TakeResults, batch, ACL_CALLBACK_BLOCK, stream));
      batch = new Finished();
    }
  }
  delete batch;
  CHECK_ACL(aclrtSynchronizeStream(stream));
  done.store(true);
  reports.join();
  CHECK_ACL(aclrtUnSubscribeReport(thread, stream));

  CHECK_ACL(aclmdlUnload(id));
  CHECK_ACL(aclmdlDestroyDesc(desc));
  for (const auto& [inputs, outputs] : pool) {
    DestroyWithMemory(inputs);
    DestroyWithMemory(outputs);
  }
  CHECK_ACL(aclrtDestroyStream(stream));
  CHECK_ACL(aclrtDestroyContext(context));
  CHECK_ACL(aclrtResetDevice(0));
  CHECK_ACL(aclFinalize());
  return 0;
}
