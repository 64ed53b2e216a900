// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// usage: first_program MODEL.om      one input and one output of floats, one execution
#include <stdio.h>
#include <stdlib.h>
#include "acl/acl.h"

#define CHECK(call) Check((call), #call)
static void Check(aclError error, const char* call) {
  if (error == ACL_SUCCESS) return;
  const char* why = aclGetRecentErrMsg();
  fprintf(stderr, "%s: error %d: %s\n", call, error, why == NULL ? "" : why);
  exit(1);
}

int main(int argc, char** argv) {
  uint32_t model;
  void *x, *y;
  if (argc != 2) return 2;
  CHECK(aclInit(NULL));
  CHECK(aclrtSetDevice(0));
  CHECK(aclmdlLoadFromFile(argv[1], &model));
  aclmdlDesc* desc = aclmdlCreateDesc();
  CHECK(aclmdlGetDesc(desc, model));
  size_t in = aclmdlGetInputSizeByIndex(desc, 0), out = aclmdlGetOutputSizeByIndex(desc, 0);
  float *from = malloc(in), *to = malloc(out);
  for (size_t i = 0; i < in / sizeof(float); ++i) from[i] = (float)i;
  CHECK(aclrtMalloc(&x, in, ACL_MEM_MALLOC_HUGE_FIRST));
  CHECK(aclrtMalloc(&y, out, ACL_MEM_MALLOC_HUGE_FIRST));
  CHECK(aclrtMemcpy(x, in, from, in, ACL_MEMCPY_HOST_TO_DEVICE));
  aclmdlDataset *inputs = aclmdlCreateDataset(), *outputs = aclmdlCreateDataset();
  aclDataBuffer *in_view = aclCreateDataBuffer(x, in), *out_view = aclCreateDataBuffer(y, out);
  CHECK(aclmdlAddDatasetBuffer(inputs, in_view));
  CHECK(aclmdlAddDatasetBuffer(outputs, out_view));
  CHECK(aclmdlExecute(model, inputs, outputs));
  CHECK(aclrtMemcpy(to, out, y, out, ACL_MEMCPY_DEVICE_TO_HOST));
  for (size_t i = 0; i < out / sizeof(float); ++i) printf("%g\n", to[i]);
  free(from), free(to);
  CHECK(aclmdlUnload(model) | aclmdlDestroyDesc(desc));
  CHECK(aclmdlDestroyDataset(inputs) | aclmdlDestroyDataset(outputs));
  CHECK(aclDestroyDataBuffer(in_view) | aclDestroyDataBuffer(out_view));
  CHECK(aclrtFree(x) | aclrtFree(y));
  CHECK(aclrtResetDevice(0));
  CHECK(aclFinalize());
  return 0;
}
