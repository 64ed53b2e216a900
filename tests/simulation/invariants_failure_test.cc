// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Devices that fail or come back, and what was on them.
#include "tests/simulation/invariants_fixture.h"

namespace omserve::simulation {
namespace {

using scheduling::BatchResult;
using scheduling::EndReason;
using scheduling::JobSpec;

TEST_F(InvariantsTest, ABatchForAFencedDevice) {
  JobIn(1, 1);
  Fence(0);
  OutOne(1, 1);
  ExpectBroken("a batch for a fenced device");
}

TEST_F(InvariantsTest, ASuspectHasCompanyInItsBatch) {
  JobIn(1, 1, Suspect());
  JobIn(2, 1);
  Out(1, 0, 0, 4, {{1, 0, 1, 0}, {2, 0, 1, 0}});
  ExpectBroken("a job that must be alone has company");
}

TEST_F(InvariantsTest, ASuspectMeetsOthersOnItsDevice) {
  JobIn(1, 1, Suspect());
  JobIn(2, 1);
  OutOne(1, 2);
  OutOne(2, 1, {.lane = 1});
  ExpectBroken("must have the device to itself meets another");
}

TEST_F(InvariantsTest, OthersMeetASuspectOnItsDevice) {
  JobIn(1, 1, Suspect());
  JobIn(2, 1);
  OutOne(1, 1);
  OutOne(2, 2, {.lane = 1});
  ExpectBroken("a batch goes to a device that a job must have to itself");
}

TEST_F(InvariantsTest, AfterAnInputFaultAJobHasCompanyAgain) {
  JobIn(1, 1);
  JobIn(2, 1);
  Out(1, 0, 0, 4, {{1, 0, 1, 0}, {2, 0, 1, 0}});
  EndBatch(1, BatchResult::kInputFault);
  Out(2, 0, 0, 4, {{1, 0, 1, 0}, {2, 0, 1, 0}});
  ExpectBroken("a job that must be alone has company");
}

TEST_F(InvariantsTest, AJobIsTriedOnAThirdDevice) {
  JobIn(1, 1, Suspect());
  OutOne(1, 1);
  Fence(0);
  OutOne(2, 1, {.device = 1});
  ExpectBroken("a job goes to a third device");
}

TEST_F(InvariantsTest, AJobIsGivenUpAfterOneDevice) {
  JobIn(1, 1);
  OutOne(1, 1);
  Fence(0);
  JobEnded(1, EndReason::kPoison);
  ExpectBroken("not on two devices that failed");
}

TEST_F(InvariantsTest, AConsumersResultsOfFailedInputsCount) {
  JobIn(1, 1);
  JobIn(2, 1, ConsumerOf(1));
  OutOne(1, 1);
  OutOne(2, 2);
  EndBatch(1, BatchResult::kDeviceFault);
  EndBatch(2);
  JobEnded(2);
  ExpectBroken("before all its items ran");
}

TEST_F(InvariantsTest, ADeviceThatCameBackTakesWork) {
  JobIn(1, 1);
  Fence(0);
  Revive(0);
  OutOne(1, 1);
  ExpectHolds();
}

TEST_F(InvariantsTest, ADeviceComesBackThatWasNotOut) {
  Revive(0);
  ExpectBroken("a device came back that was not out");
}

TEST_F(InvariantsTest, AJobGoesOnWithWhatWasBeforeAReset) {
  Fence(0);
  JobIn(1, 1, PinnedTo(0));
  Revive(0);
  OutOne(1, 1);
  ExpectBroken("what its device had before it was reset");
}

TEST_F(InvariantsTest, AJobRunsWithLostTensors) {
  JobSpec lost;
  lost.lost = true;
  JobIn(1, 1, lost);
  OutOne(1, 1);
  ExpectBroken("a job runs whose tensors are lost");
}

TEST_F(InvariantsTest, ADeviceIsFencedTwice) {
  Fence(0);
  Fence(0);
  ExpectBroken("a device was fenced twice");
}

}  // namespace
}  // namespace omserve::simulation
