// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Every batch that the model was compiled for, on the same buffers.
// usage: dynamic_batch MODEL INPUT
#include "sample.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  CHECK_ACL(aclInit(nullptr));
  CHECK_ACL(aclrtSetDevice(0));
  uint32_t id = 0;
  CHECK_ACL(aclmdlLoadFromFile(argv[1], &id));
  aclmdlDesc* desc = aclmdlCreateDesc();
  CHECK_ACL(aclmdlGetDesc(desc, id));
  size_t index = 0;
  aclmdlDataset* inputs = MakeGearInputs(desc, ReadBinary(argv[2]), &index);
  aclmdlDataset* outputs = MakeOutputs(desc);
  aclmdlBatch gears;
  CHECK_ACL(aclmdlGetDynamicBatch(desc, &gears));
  for (size_t i = 0; i < gears.batchCount; ++i) {
    CHECK_ACL(aclmdlSetDynamicBatchSize(id, inputs, index, gears.batch[i]));
    CHECK_ACL(aclmdlExecute(id, inputs, outputs));
    PrintOutput(outputs, CurrentCount(desc));
  }
  DestroyWithMemory(inputs);
  DestroyWithMemory(outputs);
  CHECK_ACL(aclmdlDestroyDesc(desc));
  CHECK_ACL(aclmdlUnload(id));
  CHECK_ACL(aclrtResetDevice(0));
  CHECK_ACL(aclFinalize());
  return 0;
}
