// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Every shape that the model was compiled for, on the same buffers.
// usage: dynamic_dims MODEL INPUT
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
  size_t count = 0;
  CHECK_ACL(aclmdlGetInputDynamicGearCount(desc, static_cast<size_t>(-1), &count));
  std::vector<aclmdlIODims> gears(count);
  CHECK_ACL(aclmdlGetInputDynamicDims(desc, static_cast<size_t>(-1), gears.data(), count));
  for (const aclmdlIODims& gear : gears) {
    CHECK_ACL(aclmdlSetInputDynamicDims(id, inputs, index, &gear));
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
