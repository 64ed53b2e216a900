// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "aipp_file.h"

#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "text.h"

namespace hostacl {
namespace {

// The words of the file: names, values, and the signs { } :
struct Token {
  std::string text;
  int line = 0;
  bool quoted = false;
};

bool IsSign(char sign) { return sign == '{' || sign == '}' || sign == ':'; }

bool Tokenize(const std::string& text, std::vector<Token>* tokens, std::string* problem) {
  int line = 1;
  for (size_t at = 0; at < text.size();) {
    const char sign = text[at];
    if (sign == '\n') ++line;
    if (sign == ' ' || sign == '\t' || sign == '\r' || sign == '\n' || sign == ',' || sign == ';') {
      ++at;
    } else if (sign == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (IsSign(sign)) {
      tokens->push_back({std::string(1, sign), line, false});
      ++at;
    } else if (sign == '"' || sign == '\'') {
      const size_t end = text.find_first_of(std::string(1, sign) + "\n", at + 1);
      if (end == std::string::npos || text[end] == '\n') {
        *problem = "line " + std::to_string(line) + ": a string without an end";
        return false;
      }
      tokens->push_back({text.substr(at + 1, end - at - 1), line, true});
      at = end + 1;
    } else {
      const size_t end = std::min(text.find_first_of(" \t\r\n,;#{}:\"'", at), text.size());
      tokens->push_back({text.substr(at, end - at), line, false});
      at = end;
    }
  }
  return true;
}

// The fields of one block, as they are read. A value; single-thread.
class BlockReader {
 public:
  explicit BlockReader(AippBlock* block);

  // False and a message when `name` cannot have `value`.
  bool Set(const std::string& name, const Token& value, std::string* problem);
  // Checks the fields against one another and fills what was left out.
  bool Finish(std::string* problem);

 private:
  using Setter = std::function<bool(const Token&)>;
  void Number(const std::string& name, int64_t least, int64_t most, int64_t* to);
  void Small(const std::string& name, int64_t least, int64_t most, int32_t* to);
  void Real(const std::string& name, float* to);
  void Switch(const std::string& name, bool* to);
  void Absent(const std::string& name, const std::string& reason);

  AippBlock* const block_;
  std::map<std::string, Setter> setters_;
  std::set<std::string> given_;
  std::string reason_;  // why the last value was refused
};

constexpr int64_t kMaxSide = 16384;

void BlockReader::Number(const std::string& name, int64_t least, int64_t most, int64_t* to) {
  setters_[name] = [this, least, most, to](const Token& value) {
    reason_ = "a whole number of " + std::to_string(least) + " to " + std::to_string(most);
    return !value.quoted && ParseNumber(value.text, to) && *to >= least && *to <= most;
  };
}

void BlockReader::Small(const std::string& name, int64_t least, int64_t most, int32_t* to) {
  setters_[name] = [this, least, most, to](const Token& value) {
    int64_t number = 0;
    reason_ = "a whole number of " + std::to_string(least) + " to " + std::to_string(most);
    if (value.quoted || !ParseNumber(value.text, &number) || number < least || number > most) {
      return false;
    }
    *to = static_cast<int32_t>(number);
    return true;
  };
}

void BlockReader::Real(const std::string& name, float* to) {
  setters_[name] = [this, to](const Token& value) {
    reason_ = "a number within fp16, -65504 to 65504";
    char* end = nullptr;
    *to = std::strtof(value.text.c_str(), &end);
    return !value.quoted && !value.text.empty() && *end == '\0' && *to >= -65504.0f &&
           *to <= 65504.0f;
  };
}

void BlockReader::Switch(const std::string& name, bool* to) {
  setters_[name] = [this, to](const Token& value) {
    reason_ = "true or false";
    *to = value.text == "true" || value.text == "1";
    return !value.quoted && (*to || value.text == "false" || value.text == "0");
  };
}

// A field that only the value which switches it off may have.
void BlockReader::Absent(const std::string& name, const std::string& reason) {
  setters_[name] = [this, reason](const Token& value) {
    reason_ = "false or 0: " + reason;
    return value.text == "false" || value.text == "0";
  };
}

BlockReader::BlockReader(AippBlock* block) : block_(block) {
  Aipp& steps = block->steps;
  setters_["aipp_mode"] = [this](const Token& value) {
    reason_ = value.text == "dynamic"
                  ? "static: dynamic AIPP is not supported by hostacl; give the picture's format"
                    " and steps here, with aipp_mode: static"
                  : "static";
    return value.text == "static";
  };
  setters_["input_format"] = [this, &steps](const Token& value) {
    static const std::map<std::string, PictureFormat> kFormats = {
        {"YUV420SP_U8", PictureFormat::kYuv420sp},
        {"XRGB8888_U8", PictureFormat::kXrgb8888},
        {"RGB888_U8", PictureFormat::kRgb888},
        {"YUV400_U8", PictureFormat::kYuv400}};
    reason_ = "YUV420SP_U8, XRGB8888_U8, RGB888_U8 or YUV400_U8";
    const auto found = kFormats.find(value.text);
    if (found == kFormats.end()) return false;
    steps.format = found->second;
    return true;
  };
  setters_["related_input_name"] = [this, block](const Token& value) {
    reason_ = "the name of an input in quotes";
    block->input_name = value.text;
    return value.quoted && !value.text.empty();
  };
  Number("related_input_rank", 0, 1023, &block->input);
  Number("src_image_size_w", 0, kMaxSide, &block->width);
  Number("src_image_size_h", 0, kMaxSide, &block->height);
  Switch("rbuv_swap_switch", &steps.swap_red_blue);
  Switch("ax_swap_switch", &steps.swap_alpha);
  Switch("csc_switch", &steps.convert);
  Switch("crop", &steps.crop);
  Number("load_start_pos_w", 0, kMaxSide, &steps.crop_left);
  Number("load_start_pos_h", 0, kMaxSide, &steps.crop_top);
  Number("crop_size_w", 0, kMaxSide, &steps.crop_width);
  Number("crop_size_h", 0, kMaxSide, &steps.crop_height);
  Switch("padding", &steps.padding);
  Number("left_padding_size", 0, kMaxSide, &steps.pad_left);
  Number("right_padding_size", 0, kMaxSide, &steps.pad_right);
  Number("top_padding_size", 0, kMaxSide, &steps.pad_top);
  Number("bottom_padding_size", 0, kMaxSide, &steps.pad_bottom);
  Real("padding_value", &steps.pad_value);
  Real("cpadding_value", &steps.pad_value);
  for (size_t i = 0; i < 9; ++i) {
    Small("matrix_r" + std::to_string(i / 3) + "c" + std::to_string(i % 3), -32767, 32767,
          &steps.matrix[i]);
  }
  for (size_t i = 0; i < 3; ++i) {
    Small("input_bias_" + std::to_string(i), 0, 255, &steps.input_bias[i]);
    Small("output_bias_" + std::to_string(i), 0, 255, &steps.output_bias[i]);
  }
  for (size_t i = 0; i < 4; ++i) {
    Real("mean_chn_" + std::to_string(i), &steps.mean[i]);
    Real("min_chn_" + std::to_string(i), &steps.least[i]);
    Real("var_reci_chn_" + std::to_string(i), &steps.factor[i]);
  }
  Absent("resize", "AIPP does not resize here");
  Absent("single_line_mode", "pictures are read whole");
  Absent("raw_rgbir_to_f16_n", "raw pictures are not supported");
  Absent("max_src_image_size", "it belongs to dynamic AIPP");
  Absent("support_rotation", "it belongs to dynamic AIPP");
}

bool BlockReader::Set(const std::string& name, const Token& value, std::string* problem) {
  const std::string place = "line " + std::to_string(value.line) + ": ";
  const auto setter = setters_.find(name);
  if (setter == setters_.end()) {
    *problem = place + "aipp_op has no field \"" + name + "\"";
    return false;
  }
  if (!given_.insert(name).second) {
    *problem = place + name + " is there twice";
    return false;
  }
  if (setter->second(value)) return true;
  *problem = place + name + " is \"" + value.text + "\"; it must be " + reason_;
  return false;
}

bool BlockReader::Finish(std::string* problem) {
  const std::string place = "line " + std::to_string(block_->line) + ": ";
  for (const char* field : {"aipp_mode", "input_format"}) {
    if (given_.count(field) == 0) {
      *problem = place + "this aipp_op has no " + field;
      return false;
    }
  }
  Aipp& steps = block_->steps;
  if (steps.convert && steps.channels() == 1) {
    *problem = place + "csc_switch needs a format with three channels";
    return false;
  }
  // What the vendor's manual gives for BT.601 with a narrow range, to and from RGB.
  const bool from_yuv = steps.format == PictureFormat::kYuv420sp;
  constexpr std::array<int32_t, 9> kToRgb = {298, 0, 409, 298, -100, -208, 298, 516, 0};
  constexpr std::array<int32_t, 9> kToYuv = {66, 129, 25, -38, -74, 112, 112, -94, -18};
  constexpr std::array<int32_t, 3> kBias = {16, 128, 128};
  for (size_t i = 0; i < 9; ++i) {
    if (given_.count("matrix_r" + std::to_string(i / 3) + "c" + std::to_string(i % 3)) == 0) {
      steps.matrix[i] = from_yuv ? kToRgb[i] : kToYuv[i];
    }
  }
  for (size_t i = 0; i < 3; ++i) {
    const std::string number = std::to_string(i);
    if (from_yuv && given_.count("input_bias_" + number) == 0) steps.input_bias[i] = kBias[i];
    if (!from_yuv && given_.count("output_bias_" + number) == 0) steps.output_bias[i] = kBias[i];
  }
  return true;
}

}  // namespace

bool ParseAippFile(const std::string& text, std::vector<AippBlock>* blocks, std::string* problem) {
  std::vector<Token> tokens;
  if (!Tokenize(text, &tokens, problem)) return false;
  const auto wrong = [&](size_t at, const std::string& expected) {
    const bool ended = at >= tokens.size();
    const int line = tokens.empty() ? 1 : tokens[std::min(at, tokens.size() - 1)].line;
    *problem = "line " + std::to_string(line) + ": expected " + expected + ", not " +
               (ended ? "the end" : "\"" + tokens[at].text + "\"");
    return false;
  };
  const auto is = [&](size_t at, const char* sign) {
    return at < tokens.size() && !tokens[at].quoted && tokens[at].text == sign;
  };
  for (size_t at = 0; at < tokens.size();) {
    if (!is(at, "aipp_op")) return wrong(at, "aipp_op");
    AippBlock block;
    block.line = tokens[at++].line;
    if (is(at, ":")) ++at;
    if (!is(at, "{")) return wrong(at, "{");
    BlockReader reader(&block);
    for (++at; !is(at, "}"); at += 3) {
      if (at >= tokens.size() || IsSign(tokens[at].text[0])) return wrong(at, "a field or }");
      if (!is(at + 1, ":")) return wrong(at + 1, ": behind " + tokens[at].text);
      if (at + 2 >= tokens.size() || is(at + 2, "}") || is(at + 2, "{") || is(at + 2, ":")) {
        return wrong(at + 2, "a value for " + tokens[at].text);
      }
      if (!reader.Set(tokens[at].text, tokens[at + 2], problem)) return false;
    }
    ++at;
    if (!reader.Finish(problem)) return false;
    blocks->push_back(std::move(block));
  }
  if (blocks->empty()) {
    *problem = "line 1: no aipp_op in the file";
    return false;
  }
  return true;
}

}  // namespace hostacl
