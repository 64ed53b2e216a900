// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Classification, synchronous: work and weight memory of our own, one picture after another.
// usage: classify_sync MODEL INPUT...
#include "sample.h"

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  CHECK_ACL(aclInit(nullptr));
  CHECK_ACL(aclrtSetDevice(0));
  aclrtContext context = nullptr;
  CHECK_ACL(aclrtCreateContext(&context, 0));
  aclrtStream stream = nullptr;
  CHECK_ACL(aclrtCreateStream(&stream));
  aclrtRunMode mode;
  CHECK_ACL(aclrtGetRunMode(&mode));
  if (mode != ACL_HOST) return 1;

  size_t work_size = 0;
  size_t weight_size = 0;
  CHECK_ACL(aclmdlQuerySize(argv[1], &work_size, &weight_size));
  void* work = nullptr;
  void* weight = nullptr;
  CHECK_ACL(aclrtMalloc(&work, work_size, ACL_MEM_MALLOC_HUGE_FIRST));
  CHECK_ACL(aclrtMalloc(&weight, weight_size, ACL_MEM_MALLOC_HUGE_FIRST));
  uint32_t id = 0;
  CHECK_ACL(aclmdlLoadFromFileWithMem(argv[1], &id, work, work_size, weight, weight_size));
  aclmdlDesc* desc = aclmdlCreateDesc();
  CHECK_ACL(aclmdlGetDesc(desc, id));
  aclmdlDataset* outputs = MakeOutputs(desc);

  for (int i = 2; i < argc; ++i) {
    const std::vector<char> bytes = ReadBinary(argv[i]);
    if (bytes.size() != aclmdlGetInputSizeByIndex(desc, 0)) return 1;
    aclmdlDataset* inputs = aclmdlCreateDataset();
    AddBuffer(inputs, Upload(bytes), bytes.size());
    CHECK_ACL(aclmdlExecute(id, inputs, outputs));
    PrintOutput(outputs, aclmdlGetOutputSizeByIndex(desc, 0) / sizeof(float));
    DestroyWithMemory(inputs);
  }

  DestroyWithMemory(outputs);
  CHECK_ACL(aclmdlUnload(id));
  CHECK_ACL(aclmdlDestroyDesc(desc));
  CHECK_ACL(aclrtFree(work));
  CHECK_ACL(aclrtFree(weight));
  CHECK_ACL(aclrtDestroyStream(stream));
  CHECK_ACL(aclrtDestroyContext(context));
  CHECK_ACL(aclrtResetDevice(0));
  CHECK_ACL(aclFinalize());
  return 0;
}
