// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/infer_parameters.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/service/kserve/infer_terms.h"

namespace omserve::kserve {
namespace {

using ::testing::HasSubstr;

class InferParametersTest : public ::testing::Test {
 protected:
  inference::InferParameter& operator[](const char* name) { return parameters_[name]; }
  ParameterReader Reader() { return ParameterReader(parameters_, "parameters"); }
  // What AddTerms says of them.
  absl::Status Terms(CallTerms& terms) {
    ParameterReader reader = Reader();
    terms = AddTerms(terms, reader);
    return reader.Finish();
  }
  ParameterReader::Parameters parameters_;
};

TEST_F(InferParametersTest, NumbersComeInSeveralTypes) {
  (*this)["a"].set_int64_param(3);
  (*this)["b"].set_uint64_param(4);
  (*this)["c"].set_string_param("5");
  (*this)["d"].set_double_param(0.5);
  ParameterReader reader = Reader();
  EXPECT_EQ(reader.Integer("a"), 3);
  EXPECT_EQ(reader.Integer("b"), 4);
  EXPECT_EQ(reader.Integer("c"), 5);
  EXPECT_EQ(reader.Number("d"), 0.5);
  EXPECT_EQ(reader.Number("a"), 3.0);
  EXPECT_EQ(reader.Integer("none"), std::nullopt);
  EXPECT_TRUE(reader.Finish().ok());
}

TEST_F(InferParametersTest, UnknownOnesAreReported) {
  (*this)["strange"].set_bool_param(true);
  ParameterReader reader = Reader();
  reader.Integer("top_k");
  const absl::Status status = reader.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "parameters[strange]: is not known; these are: top_k");
}

TEST_F(InferParametersTest, Class17NumbersOutOfRangeAreRefused) {
  (*this)["a"].set_uint64_param(std::numeric_limits<uint64_t>::max());
  (*this)["b"].set_string_param("99999999999999999999");
  (*this)["c"].set_string_param("7x");
  (*this)["d"].set_bool_param(true);
  for (const char* name : {"a", "b", "c", "d"}) {
    ParameterReader reader = Reader();
    EXPECT_EQ(reader.Integer(name), std::nullopt) << name;
    EXPECT_THAT(std::string(reader.Finish().message()), HasSubstr(name));
  }
}

TEST_F(InferParametersTest, WordsAreOneOfAList) {
  (*this)["a"].set_string_param("rle");
  (*this)["b"].set_string_param("jpeg");
  ParameterReader reader = Reader();
  EXPECT_EQ(reader.Word("a", {"none", "rle"}), 1);
  EXPECT_EQ(reader.Word("b", {"none", "rle"}), std::nullopt);
  EXPECT_EQ(reader.Finish().message(), "parameters[b]: must be one of none, rle");
}

TEST_F(InferParametersTest, TimeoutAndPriorityAreTermsOfTheRequest) {
  (*this)["timeout"].set_int64_param(2500);
  (*this)["priority"].set_uint64_param(2);
  CallTerms terms;
  ASSERT_TRUE(Terms(terms).ok());
  EXPECT_EQ(terms.budget, absl::Microseconds(2500));
  EXPECT_EQ(terms.priority, Priority::kBatch);
  terms.budget = absl::Microseconds(100);  // of the metadata, shorter
  ASSERT_TRUE(Terms(terms).ok());
  EXPECT_EQ(terms.budget, absl::Microseconds(100));
}

TEST_F(InferParametersTest, NoneOfThemIsInteractiveWithoutBudget) {
  (*this)["timeout"].set_int64_param(0);
  (*this)["priority"].set_uint64_param(0);
  CallTerms terms;
  ASSERT_TRUE(Terms(terms).ok());
  EXPECT_EQ(terms.budget, absl::InfiniteDuration());
  EXPECT_EQ(terms.priority, Priority::kInteractive);
}

TEST_F(InferParametersTest, NonsenseTermsAndSequencesAreRefused) {
  CallTerms terms;
  (*this)["timeout"].set_int64_param(-1);
  EXPECT_THAT(std::string(Terms(terms).message()), HasSubstr("parameters[timeout]"));
  parameters_.clear();
  (*this)["sequence_id"].set_int64_param(4);
  (*this)["sequence_start"].set_bool_param(false);
  EXPECT_THAT(std::string(Terms(terms).message()), HasSubstr("sequences are not served"));
}

}  // namespace
}  // namespace omserve::kserve
