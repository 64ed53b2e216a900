// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "operator_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace hostacl {
namespace {

OperatorTable Shipped() {
  OperatorTable table;
  std::string problem;
  EXPECT_TRUE(table.Read(kOperatorFacts, &problem)) << problem;
  return table;
}

OnnxFile FileOf(const std::vector<std::pair<std::string, std::string>>& nodes) {
  OnnxFile file;
  for (const auto& [name, op] : nodes) file.nodes.push_back({name, op, "", {name + "_out"}});
  return file;
}

TEST(OperatorTableTest, ShippedTableSaysWhatItsSourcesSay) {
  const OperatorTable table = Shipped();
  EXPECT_GT(table.size(), 100u);
  EXPECT_EQ(table.Find("Conv", "", "Ascend310P3").unit, Unit::kAiCore);
  EXPECT_EQ(table.Find("Conv", "", "Ascend310P3").cann, "Conv2D");
  EXPECT_EQ(table.Find("Reshape", "", "Ascend910B3").unit, Unit::kGraph);
  EXPECT_EQ(table.Find("Compress", "", "Ascend310P3").unit, Unit::kAiCpu);
  EXPECT_EQ(table.Find("CumSum", "", "Ascend310P3").unit, Unit::kEither);
  // More is known of one family than of others.
  EXPECT_EQ(table.Find("Gather", "", "Ascend950PR").unit, Unit::kAiCore);
  EXPECT_EQ(table.Find("Gather", "", "Ascend910B3").unit, Unit::kEither);
  EXPECT_EQ(table.Find("Gather", "", "Ascend910B3").sources, "P+D");
  // Known for another family only.
  EXPECT_EQ(table.Find("Compress", "", "Ascend310B1").unit, Unit::kUnknown);
  EXPECT_EQ(table.Find("Conv", "com.example", "Ascend310P3").unit, Unit::kUnknown);
  EXPECT_EQ(table.Find("NoSuchOperator", "", "Ascend310P3").unit, Unit::kUnknown);
}

TEST(OperatorTableTest, BadLinesAreRefusedByNumber) {
  OperatorTable table;
  std::string problem;
  EXPECT_TRUE(table.Read("# head\nConv\tConv2D\taicore\t*\tA\n", &problem)) << problem;
  for (const char* bad : {"# head\nConv\tConv2D\taicore\t*\n", "\nConv\tConv2D\tmoon\t*\tA\n",
                          "\nConv\tConv2D\taicore\t*\t\n", "\nConv\tConv2D\tunknown\t*\tA\n",
                          "\nConv\tConv2D\taicore\t*\tA\tmore\n"}) {
    EXPECT_FALSE(table.Read(bad, &problem)) << bad;
    EXPECT_NE(problem.find("line 2"), std::string::npos) << problem;
  }
  EXPECT_FALSE(table.Read("A\tA\taicore\t*\tA\nA\tA\taicore\t*\tA\n", &problem));
  EXPECT_NE(problem.find("twice"), std::string::npos);
  EXPECT_TRUE(table.Read("A\tA\taicore\t910,950\tA\nA\tA\teither\t910B\tA\n", &problem)) << problem;
  EXPECT_FALSE(table.Read("A\tA\taicore\t910,950\tA\nA\tA\teither\t910B,950\tA\n", &problem));
}

TEST(OperatorReportTest, SummarySaysThatAllIsOnTheAiCore) {
  const auto file = FileOf({{"c1", "Conv"}, {"r1", "Relu"}, {"c2", "Conv"}});
  const OperatorReport report = MakeOperatorReport(file, "m.onnx", "Ascend310P3", Shipped());
  EXPECT_EQ(report.Summary(),
            "all 2 operators run on the AI Core of Ascend310P3, or need no kernel\n");
  ASSERT_EQ(report.lines.size(), 2u);
  EXPECT_EQ(report.lines[0].nodes, (std::vector<std::string>{"c1", "c2"}));
}

TEST(OperatorReportTest, SummaryNamesWhatFallsBackAndWhatIsNotKnown) {
  OnnxFile file = FileOf({{"a", "Compress"}, {"b", "Compress"}, {"s", "CumSum"}, {"r", "Relu"}});
  file.nodes.push_back({"mine", "Magic", "com.example", {"m"}});
  const OperatorReport report = MakeOperatorReport(file, "m.onnx", "Ascend310P3", Shipped());
  EXPECT_EQ(report.Summary(),
            "1 operator falls back to the AI CPU of Ascend310P3: Compress (2 nodes)\n"
            "1 operator may fall back to the AI CPU of Ascend310P3: CumSum (1 node)\n"
            "1 operator is not known for Ascend310P3: com.example::Magic (1 node)\n");
  EXPECT_NE(report.Text().find("Compress"), std::string::npos);
  const auto json = nlohmann::json::parse(report.Json());
  EXPECT_EQ(json["soc_version"], "Ascend310P3");
  EXPECT_EQ(json["operators"][0]["operator"], "Compress");
  EXPECT_EQ(json["operators"][0]["runs_on"], "aicpu");
  EXPECT_EQ(json["operators"][0]["count"], 2);
  EXPECT_EQ(json["operators"][0]["nodes"][1], "b");
  EXPECT_EQ(json["operators"][2]["runs_on"], "unknown");
}

TEST(OperatorReportTest, AFileThatCannotBeWrittenIsAnError) {
  std::string problem;
  EXPECT_FALSE(WriteOperatorReport({}, "/nonexistent/report.json", &problem));
  EXPECT_NE(problem.find("/nonexistent/report.json"), std::string::npos);
}

}  // namespace
}  // namespace hostacl
