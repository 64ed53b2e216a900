// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// A model with static AIPP: bytes of a picture go in, and the card prepares them.
// usage: static_aipp MODEL INPUT
#include "sample.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  CHECK_ACL(aclInit(nullptr));
  CHECK_ACL(aclrtSetDevice(0));
  uint32_t id = 0;
  CHECK_ACL(aclmdlLoadFromFile(argv[1], &id));
  aclmdlDesc* desc = aclmdlCreateDesc();
  CHECK_ACL(aclmdlGetDesc(desc, id));
  aclmdlIODims dims;
  CHECK_ACL(aclmdlGetInputDimsV2(desc, 0, &dims));
  std::printf("shape");
  for (size_t i = 0; i < dims.dimCount; ++i) std::printf(" %d", static_cast<int>(dims.dims[i]));
  std::printf("\ntype %d bytes %zu\n", static_cast<int>(aclmdlGetInputDataType(desc, 0)),
              aclmdlGetInputSizeByIndex(desc, 0));
  const std::vector<char> bytes = ReadBinary(argv[2]);
  aclmdlDataset* inputs = aclmdlCreateDataset();
  AddBuffer(inputs, Upload(bytes), bytes.size());
  aclmdlDataset* outputs = MakeOutputs(desc);
  CHECK_ACL(aclmdlExecute(id, inputs, outputs));
  PrintOutput(outputs, aclmdlGetOutputSizeByIndex(desc, 0) / sizeof(float));
  DestroyWithMemory(inputs);
  DestroyWithMemory(outputs);
  CHECK_ACL(aclmdlDestroyDesc(desc));
  CHECK_ACL(aclmdlUnload(id));
  CHECK_ACL(aclrtResetDevice(0));
  CHECK_ACL(aclFinalize());
  return 0;
}
