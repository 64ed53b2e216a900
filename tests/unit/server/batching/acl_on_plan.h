// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Steers the ACL library that the tests of this room run on. Thread-safe.
extern "C" {

// From now on the runs of models wait on the host before they are queued, until AclPlanRelease.
void AclPlanHold();
void AclPlanRelease();
// Waits until 'count' runs have come since the last AclPlanReset; false after 30 s.
bool AclPlanWaitRuns(int count);
int AclPlanRuns();
// The next 'count' runs fail with 'error'.
void AclPlanFail(int error, int count);
// Everything back to the start.
void AclPlanReset();
}
