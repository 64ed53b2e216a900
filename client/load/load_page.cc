// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_page.h"

#include "absl/strings/str_replace.h"
#include "client/answer_json.h"
#include "client/load/load_page_template.h"

namespace omserve::client {

std::string LoadPage(const nlohmann::json& document) {
  // "</script>" in a name must not end the element that the data stand in; \u003c is '<' in JSON.
  const std::string data = absl::StrReplaceAll(Dump(document), {{"<", "\\u003c"}});
  return absl::StrReplaceAll(kLoadPageTemplate, {{"{{DOCUMENT}}", data}});
}

}  // namespace omserve::client
