// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "acl/acl_base.h"

// Not part of AscendCL: a program that finds this symbol (dlsym) runs on hostacl, not on a card.
// A text that lives for ever. Thread-safe.
extern "C" ACL_FUNC_VISIBILITY const char* hostaclVersion() { return "0.1.0"; }
