// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <gtest/gtest.h>

namespace hostacl {
namespace {

// The options, or the message in `problem`.
AtcOptions Parse(std::vector<std::string> arguments, std::string* problem) {
  arguments.insert(arguments.begin(), {"--framework=5", "--model=m.onnx", "--output=m"});
  AtcOptions options;
  problem->clear();
  const bool good = ParseOptions(arguments, &options, problem);
  EXPECT_EQ(good, problem->empty());
  return options;
}

TEST(OptionsTest, ReadsWhatHasAnEffect) {
  std::string problem;
  const AtcOptions options =
      Parse({"--soc_version=Ascend910B3", "--input_format=NCHW", "--input_shape=x:1,3,8,8;y:2",
             "--output_type=Conv_1:0:FP16;/a:b/Add:1:FP32", "--input_fp16_nodes=x;y",
             "--out_nodes=Conv_1:0;Relu:2", "--precision_mode_v2=mixed_bfloat16", "--log=error",
             "--keep_dtype=keep.txt", "--op_report", "-"},
            &problem);
  ASSERT_EQ(problem, "");
  EXPECT_EQ(options.soc, "Ascend910B3");
  EXPECT_EQ(options.precision, Precision::kBfloat16);
  EXPECT_EQ(options.log, LogLevel::kError);
  EXPECT_EQ(options.half_inputs, (std::vector<std::string>{"x", "y"}));
  ASSERT_EQ(options.out_nodes.size(), 2u);
  EXPECT_EQ(options.out_nodes[1].port, 2u);
  ASSERT_EQ(options.output_halves.size(), 2u);
  EXPECT_EQ(options.output_halves[1].first.node, "/a:b/Add");
  EXPECT_FALSE(options.output_halves[1].second);
  EXPECT_FALSE(options.half_output);
  EXPECT_EQ(options.op_report, "-");
  EXPECT_TRUE(options.notes.empty());
}

TEST(OptionsTest, WhatACardNeedsIsAcceptedWithANote) {
  for (const std::string name :
       {"op_select_implmode", "optypelist_for_implmode", "enable_small_channel", "buffer_optimize",
        "fusion_switch_file", "auto_tune_mode", "deterministic", "op_precision_mode",
        "modify_mixlist", "customize_dtypes"}) {
    std::string problem;
    const AtcOptions options = Parse({"--" + name + "=value"}, &problem);
    EXPECT_EQ(problem, "");
    ASSERT_EQ(options.notes.size(), 1u) << name;
    EXPECT_EQ(options.notes[0].find("--" + name + " has no effect"), 0u) << options.notes[0];
  }
}

TEST(OptionsTest, OlderPrecisionNamesMeanTheSame) {
  std::string problem;
  EXPECT_EQ(Parse({"--precision_mode=force_fp32"}, &problem).precision, Precision::kOrigin);
  EXPECT_EQ(Parse({"--precision_mode=force_fp16"}, &problem).precision, Precision::kHalf);
  EXPECT_EQ(Parse({"--precision_mode=must_keep_origin_dtype"}, &problem).precision,
            Precision::kOrigin);
  EXPECT_EQ(Parse({"--precision_mode_v2=cube_fp16in_fp32out"}, &problem).precision,
            Precision::kCubeHalf);
  const AtcOptions mixed = Parse({"--precision_mode=allow_mix_precision"}, &problem);
  EXPECT_EQ(mixed.precision, Precision::kHalf);
  EXPECT_EQ(mixed.notes.size(), 1u);
  const AtcOptions kept = Parse({"--precision_mode_v2=origin", "--keep_dtype=f"}, &problem);
  EXPECT_NE(kept.notes.at(0).find("--keep_dtype"), std::string::npos);
}

TEST(OptionsTest, ContradictionsAndMistakesAreNamed) {
  struct Case {
    std::vector<std::string> arguments;
    std::vector<std::string> says;
  };
  for (const Case& each : {
           Case{{"--precision_mode=force_fp16", "--precision_mode_v2=fp16"},
                {"--precision_mode ", "--precision_mode_v2", "exclude"}},
           Case{{"--soc_version=Ascend310P9"}, {"--soc_version", "did you mean Ascend310P"}},
           Case{{"--soc_version=H100"}, {"known are", "Ascend910B3"}},
           Case{{"--input_shapes=x:1"}, {"did you mean --input_shape?"}},
           Case{{"--magic=1"}, {"unknown option \"--magic=1\"", "--help"}},
           Case{{"--log=loud"}, {"--log", "debug"}},
           Case{{"--log=info", "--log=debug"}, {"--log is given twice"}},
           Case{{"--precision_mode=fast"}, {"--precision_mode", "allow_mix_precision"}},
           Case{{"--precision_mode_v2=int1"}, {"--precision_mode_v2", "mixed_bfloat16"}},
           Case{{"--output_type=Conv:FP16"}, {"--output_type", "Conv:FP16"}},
           Case{{"--output_type=UINT8"}, {"--output_type", "UINT8"}},
           Case{{"--out_nodes=Conv"}, {"--out_nodes", "node:0"}},
           Case{{"--out_nodes=Conv:-1"}, {"--out_nodes"}},
           Case{{"--input_shape_range=x:1~2"}, {"--input_shape_range is not done"}},
           Case{{"--weight=w"}, {"Caffe"}},
           Case{{"--input_format=NC1HWC0"}, {"NC1HWC0"}},
           Case{{"--output"}, {"--output needs a value"}},
       }) {
    std::string problem;
    Parse(each.arguments, &problem);
    for (const std::string& text : each.says) {
      EXPECT_NE(problem.find(text), std::string::npos) << problem;
    }
  }
  AtcOptions options;
  std::string problem;
  EXPECT_FALSE(ParseOptions({"--model=m.onnx"}, &options, &problem));
  EXPECT_TRUE(ParseOptions({"--model=m.onnx", "--op_report=-"}, &options, &problem)) << problem;
}

TEST(OptionsTest, HelpListsEveryOptionThatHasAnEffect) {
  for (const char* name : {"--framework", "--model", "--output_type", "--out_nodes", "--keep_dtype",
                           "--precision_mode_v2", "--op_report", "--log"}) {
    EXPECT_NE(OptionList().find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace hostacl
