// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omserve::client {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Data(const std::string& page) {
  const std::string begin = R"(<script type="application/json" id="document">)";
  const size_t from = page.find(begin) + begin.size();
  return page.substr(from, page.find("</script>", from) - from);
}

TEST(LoadPageTest, HoldsTheDocument) {
  const nlohmann::json document = {{"server", "h:1"}, {"windows", {1, 2.5, nullptr}}};
  const std::string page = LoadPage(document);
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(page, EndsWith("</html>\n"));
  EXPECT_EQ(nlohmann::json::parse(Data(page)), document);
  EXPECT_THAT(page, Not(HasSubstr("{{DOCUMENT}}")));
  EXPECT_THAT(page, Not(HasSubstr("@LOAD_PAGE"))) << "style and script are inside";
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme"));
  EXPECT_THAT(page, HasSubstr("function overTime"));
}

TEST(LoadPageTest, NamesCannotLeaveTheirPlace) {
  const nlohmann::json document = {{"name", "</script><script>alert(1)</script>"}};
  const std::string page = LoadPage(document);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_EQ(nlohmann::json::parse(Data(page)), document);
}

TEST(LoadPageTest, FetchesNothing) {
  const std::string page = LoadPage(nlohmann::json::object());
  for (const char* word : {"src=", "href=", "url(", "@import", "fetch(", "XMLHttpRequest"}) {
    EXPECT_THAT(page, Not(HasSubstr(word)));
  }
}

}  // namespace
}  // namespace omserve::client
