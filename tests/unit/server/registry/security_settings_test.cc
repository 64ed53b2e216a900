// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/security_settings.h"

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

absl::StatusOr<SecurityConfig> Take(const std::string& text) {
  v1::Security proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  SecurityConfig out;
  const absl::Status status = TakeSecurity(proto, "/etc/omserve", out);
  if (!status.ok()) return status;
  return out;
}

std::string ErrorOf(const std::string& text) {
  const auto config = Take(text);
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(config.status().message());
}

constexpr char kMutual[] = "tls { certificate: 'a' private_key: 'b' client_ca: 'c' } ";

TEST(SecuritySettingsTest, NothingIsAskedForByDefault) {
  const auto config = Take("");
  ASSERT_TRUE(config.ok());
  EXPECT_FALSE(config->on());
  EXPECT_FALSE(config->authorises());
}

TEST(SecuritySettingsTest, TakesWhatTheConfigSays) {
  const auto config = Take(
      "tls { certificate: 'tls/a.crt' private_key: '/run/b.key' client_ca: 'c.crt' "
      "client_certificate: OPTIONAL } tokens: 'tokens' reload_ms: 500 "
      "identities { name: 'line-3' roles: 'infer' roles: 'stats' } "
      "identities { name: 'spiffe://plant/ops' roles: 'control' }");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->tls.certificate, "/etc/omserve/tls/a.crt");
  EXPECT_EQ(config->tls.private_key, "/run/b.key");
  EXPECT_EQ(config->tls.client_ca, "/etc/omserve/c.crt");
  EXPECT_FALSE(config->tls.client_certificate_required);
  EXPECT_EQ(config->tokens, "/etc/omserve/tokens");
  EXPECT_EQ(config->reload, absl::Milliseconds(500));
  EXPECT_THAT(config->identities,
              UnorderedElementsAre(Pair("line-3", Role::kInfer | Role::kStats),
                                   Pair("spiffe://plant/ops", Roles(Role::kControl))));
  EXPECT_TRUE(config->authorises());
}

TEST(SecuritySettingsTest, ClientsBringACertificateUnlessTold) {
  EXPECT_TRUE(Take(kMutual)->tls.client_certificate_required);
}

TEST(SecuritySettingsTest, ErrorsNameTheField) {
  EXPECT_THAT(ErrorOf("tls { certificate: 'a' }"), HasSubstr("security.tls.private_key: must be"));
  EXPECT_THAT(ErrorOf("tls { private_key: 'a' }"), HasSubstr("security.tls.certificate: must be"));
  EXPECT_THAT(ErrorOf("tls { client_ca: 'a' }"), HasSubstr("security.tls.certificate: must be"));
  EXPECT_THAT(ErrorOf("tls { certificate: 'a' private_key: 'b' client_crl: 'c' }"),
              HasSubstr("security.tls.client_ca: must be set, because tls.client_crl is"));
  EXPECT_THAT(ErrorOf("tls { certificate: 'a' private_key: 'b' client_certificate: OPTIONAL }"),
              HasSubstr("security.tls.client_ca: must be"));
  EXPECT_THAT(ErrorOf("tls { certificate: 'a' private_key: 'b' client_ca: 'c' "
                      "client_certificate: OPTIONAL }"),
              HasSubstr("security.tls.client_certificate: OPTIONAL lets everybody in"));
  EXPECT_THAT(ErrorOf("identities { name: 'a' roles: 'infer' }"),
              HasSubstr("security.identities: belong to client certificates"));
  EXPECT_THAT(ErrorOf(std::string(kMutual) + "identities { name: 'a' roles: 'root' }"),
              HasSubstr("security.identities.roles: of 'a': 'root' is not a role"));
  EXPECT_THAT(ErrorOf(std::string(kMutual) + "identities { name: 'a' }"), HasSubstr("not a role"));
  EXPECT_THAT(ErrorOf(std::string(kMutual) + "identities { roles: 'infer' }"),
              HasSubstr("security.identities.name: must be set"));
  EXPECT_THAT(ErrorOf(std::string(kMutual) + "identities { name: 'a' roles: 'infer' } "
                                             "identities { name: 'a' roles: 'stats' }"),
              HasSubstr("'a' is there twice"));
  EXPECT_THAT(ErrorOf("reload_ms: -1"), HasSubstr("security.reload_ms: -1"));
}

TEST(SecuritySettingsTest, TokensDoNotTravelInPlainTextUnlessTold) {
  SecurityConfig config;
  config.tokens = "/etc/tokens";
  const auto check = [&](const char* address) {
    return CheckPlaintextTokens(config, {{"listeners.grpc", address}});
  };
  for (const char* own : {"127.0.0.1:8500", "localhost:0", "[::1]:8500", "127.1.2.3:1"}) {
    EXPECT_TRUE(check(own).ok()) << own;
  }
  for (const char* open : {"0.0.0.0:8500", "[::]:8500", "10.0.0.1:8500", "1.127.0.1:1"}) {
    EXPECT_THAT(std::string(check(open).message()),
                AllOf(HasSubstr("security.tokens: would be sent in plain text to listeners.grpc"),
                      HasSubstr(open)));
  }
  config.tokens_in_plaintext = true;
  EXPECT_TRUE(check("0.0.0.0:8500").ok());
  config.tokens_in_plaintext = false;
  config.tls.certificate = "/etc/tls.crt";
  EXPECT_TRUE(check("0.0.0.0:8500").ok());
  EXPECT_TRUE(CheckPlaintextTokens(SecurityConfig(), {{"listeners.grpc", "0.0.0.0:1"}}).ok());
}

}  // namespace
}  // namespace omserve
