// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Every picture size that the model was compiled for, on the same buffers.
// usage: dynamic_image_size MODEL INPUT
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
  aclmdlHW gears;
  CHECK_ACL(aclmdlGetDynamicHW(desc, static_cast<size_t>(-1), &gears));
  for (size_t i = 0; i < gears.hwCount; ++i) {
    CHECK_ACL(aclmdlSetDynamicHWSize(id, inputs, index, gears.hw[i][0], gears.hw[i][1]));
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
