// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Who may come in, with real handshakes: TLS, client certificates, tokens and their roles, and
// files that change while requests run.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omserve/client/access.h"
#include "omserve/v1/vision.grpc.pb.h"
#include "server/base/thread.h"
#include "server/security/access_table.h"
#include "tests/integration/probes.h"
#include "tests/integration/server_process.h"
#include "tests/support/certificate_maker.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kInferToken[] = "infer-0123456789abcdef0123456789abcdef";
constexpr char kControlToken[] = "control-0123456789abcdef0123456789abc";
constexpr char kStatsToken[] = "stats-0123456789abcdef0123456789abcd";
constexpr char kListModels[] = "/omserve.v1.Vision/ListModels";
constexpr char kDetect[] = "/omserve.v1.Vision/Detect";

// What cannot be in the name of a service.
struct Separates {
  absl::string_view Find(absl::string_view text, size_t from) const {
    for (; from < text.size(); ++from) {
      const char c = text[from];
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.') break;
    }
    return text.substr(from, from < text.size() ? 1 : 0);
  }
};

class SecurityTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_.path() / "models");
    std::filesystem::copy(TestModels() / "internvit", folder_.path() / "models" / "internvit",
                          std::filesystem::copy_options::recursive);
    Install(maker_.Make({}));
    folder_.Write("ca.crt", maker_.ca());
    WriteTokens(absl::StrCat("scanner infer ", kInferToken, "\nops control ", kControlToken,
                             "\nprometheus stats ", kStatsToken, "\n"));
  }

  std::string File(const std::string& name) const { return (folder_.path() / name).string(); }
  // As an operator's tools do: a file is replaced, not written over.
  void Replace(const std::string& name, const std::string& text) const {
    folder_.Write(name + ".new", text);
    std::filesystem::rename(File(name + ".new"), File(name));
  }
  void WriteTokens(const std::string& text) const { Replace("tokens", text); }
  void Install(const PemPair& pair) const {
    Replace("tls.crt", pair.certificate);
    Replace("tls.key", pair.key);
  }

  std::string Tls(const std::string& more = "") const {
    return absl::StrCat("tls { certificate: '", File("tls.crt"), "' private_key: '",
                        File("tls.key"), "' ", more, "} ");
  }
  std::string Mutual(const std::string& more = "") const {
    return Tls(absl::StrCat("client_ca: '", File("ca.crt"), "' ", more));
  }
  std::string Tokens() const { return absl::StrCat("tokens: '", File("tokens"), "' "); }

  void Start(const std::string& security) {
    ServerSetup setup;
    setup.model_dir = File("models");
    setup.more = absl::StrCat("security { ", security, " reload_ms: 20 }");
    server_ = std::make_unique<ServerProcess>(setup);
    ASSERT_TRUE(server_->WaitReady()) << server_->log();
  }

  // A new connection with what 'options' say.
  std::shared_ptr<grpc::Channel> Channel(const client::AccessOptions& options, int port = 0) const {
    const auto access = client::Access::Load(options);
    EXPECT_TRUE(access.ok()) << access.status();
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    access->Configure(arguments);
    return grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", port == 0 ? server_->grpc_port() : port), access->Credentials(),
        arguments);
  }
  client::AccessOptions Trusting() const { return {.tls_ca = File("ca.crt")}; }
  client::AccessOptions With(const PemPair& pair) {
    client::AccessOptions options = Trusting();
    const std::string name = absl::StrCat("client", ++clients_);
    options.tls_certificate = folder_.Write(name + ".crt", pair.certificate);
    options.tls_key = folder_.Write(name + ".key", pair.key);
    return options;
  }

  // Calls any method with an empty message; what it said.
  static grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                           const std::string& token = "",
                           absl::Duration patience = absl::Seconds(20)) {
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + patience));
    if (!token.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
    grpc::CompletionQueue queue;
    const grpc::Slice nothing;
    const auto call = stub.PrepareUnaryCall(&context, path, grpc::ByteBuffer(&nothing, 1), &queue);
    call->StartCall();
    grpc::ByteBuffer answer;
    grpc::Status status;
    call->Finish(&answer, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status;
  }
  static bool Refused(const grpc::Status& status) {
    return status.error_code() == grpc::StatusCode::UNAUTHENTICATED ||
           status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
  }
  // Repeats 'done', with new connections, until it is true; false after a minute.
  static bool Eventually(const std::function<bool()>& done) {
    const absl::Time end = absl::Now() + absl::Minutes(1);
    while (absl::Now() < end) {
      if (done()) return true;
    }
    return false;
  }

  TemporaryFolder folder_;
  CertificateMaker maker_;
  int clients_ = 0;
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(SecurityTest, TlsServesWhoTrustsIt) {
  Start(Tls());
  EXPECT_TRUE(Call(Channel(Trusting()), kListModels).ok());
  client::AccessOptions named = Trusting();
  named.tls_name = "localhost";
  EXPECT_TRUE(Call(Channel(named), kListModels).ok());
  named.tls_name = "another.example";
  EXPECT_EQ(Call(Channel(named), kListModels).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Call(Channel({}), kListModels).error_code(), grpc::StatusCode::UNAVAILABLE)
      << "plain text";
  const CertificateMaker other("another authority");
  EXPECT_EQ(
      Call(Channel({.tls_ca = folder_.Write("other.crt", other.ca())}), kListModels).error_code(),
      grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Call(Channel(Trusting(), server_->control_port()), "/omserve.v1.Control/Stats").ok());
  EXPECT_EQ(HealthOf(server_->health_channel(), ""), "SERVING") << "plain text, for probes";
}

TEST_F(SecurityTest, MutualTlsTurnsStrangersAway) {
  Start(Mutual());
  EXPECT_TRUE(Call(Channel(With(maker_.Make({.common_name = "line-3"}))), kListModels).ok());
  const auto code = [&](const client::AccessOptions& options) {
    return Call(Channel(options), kListModels).error_code();
  };
  EXPECT_EQ(code(Trusting()), grpc::StatusCode::UNAVAILABLE) << "no certificate";
  CertificateMaker other("another authority");
  EXPECT_EQ(code(With(other.Make({}))), grpc::StatusCode::UNAVAILABLE) << "of another authority";
  EXPECT_EQ(code(With(maker_.Make({.ends = -absl::Minutes(1)}))), grpc::StatusCode::UNAVAILABLE)
      << "expired";
  EXPECT_EQ(code(With(maker_.Make({.begins = absl::Minutes(10)}))), grpc::StatusCode::UNAVAILABLE)
      << "of tomorrow";
}

TEST_F(SecurityTest, CertificatesHaveRoles) {
  Start(Mutual("client_certificate: OPTIONAL ") +
        "identities { name: 'line-3' roles: 'infer' } "
        "identities { name: 'spiffe://plant/ops' roles: 'control' roles: 'stats' } " +
        Tokens());
  const auto line = Channel(With(maker_.Make({.common_name = "line-3", .names = {}})));
  EXPECT_FALSE(Refused(Call(line, kDetect)));
  EXPECT_TRUE(Call(line, kListModels).ok());
  const grpc::Status no = Call(line, "/inference.GRPCInferenceService/RepositoryIndex");
  EXPECT_EQ(no.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(no.error_message(), HasSubstr("'line-3' has infer"));
  const PemPair ops = maker_.Make({.common_name = "x", .names = {"URI:spiffe://plant/ops"}});
  EXPECT_TRUE(Call(Channel(With(ops), server_->control_port()), "/omserve.v1.Control/Models").ok());
  const auto stranger = Channel(With(maker_.Make({.common_name = "stranger", .names = {}})));
  EXPECT_EQ(Call(stranger, kListModels).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(Call(stranger, kListModels, kInferToken).ok()) << "a token is enough";
  EXPECT_TRUE(Call(Channel(Trusting()), kListModels, kInferToken).ok()) << "without a certificate";
  CertificateMaker other("another authority");
  EXPECT_EQ(Call(Channel(With(other.Make({.common_name = "line-3"}))), kListModels).error_code(),
            grpc::StatusCode::UNAVAILABLE)
      << "a name that nobody has signed";
}

TEST_F(SecurityTest, RevokedCertificatesAreTurnedAwayOnOpenConnections) {
  folder_.Write("crl.pem", maker_.Revocations({}));
  Start(Mutual(absl::StrCat("client_crl: '", File("crl.pem"), "' ")));
  const PemPair lost = maker_.Make({.common_name = "lost"});
  const auto open = Channel(With(lost));
  const auto other = Channel(With(maker_.Make({.common_name = "other"})));
  ASSERT_TRUE(Call(open, kListModels).ok());
  Replace("crl.pem", maker_.Revocations({lost.certificate}));
  ASSERT_TRUE(Eventually([&] { return !Call(open, kListModels).ok(); }));
  for (const auto& channel : {open, Channel(With(lost))}) {
    const grpc::Status no = Call(channel, kListModels);
    EXPECT_EQ(no.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_THAT(no.error_message(), HasSubstr("was revoked"));
  }
  EXPECT_EQ(Call(open, "/grpc.health.v1.Health/Check").error_code(),
            grpc::StatusCode::UNAUTHENTICATED)
      << "not even what anybody may";
  EXPECT_TRUE(Call(other, kListModels).ok());
}

// The log: serving.md, defect class 12.
TEST_F(SecurityTest, TokensHaveRoles) {
  Start(Tls() + Tokens());
  const auto channel = Channel(Trusting());
  const auto control = Channel(Trusting(), server_->control_port());
  grpc::Status no = Call(channel, kListModels);
  EXPECT_EQ(no.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(no.error_message(), HasSubstr("authorization: Bearer TOKEN"));
  no = Call(channel, kListModels, "not-a-token-that-anybody-here-has-made");
  EXPECT_EQ(no.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(Call(channel, kListModels, kInferToken).ok());
  EXPECT_EQ(Call(channel, kDetect, kStatsToken).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(Call(control, "/omserve.v1.Control/Stats", kStatsToken).ok());
  EXPECT_EQ(Call(control, "/omserve.v1.Control/Load", kInferToken).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_FALSE(Refused(Call(control, "/omserve.v1.Control/Load", kControlToken)));
  EXPECT_EQ(HealthOf(channel, ""), "SERVING") << "anybody may ask";
  const std::string metrics = Scrape(server_->metrics_port());
  EXPECT_THAT(metrics, AllOf(HasSubstr("omserve_refusals_total{reason=\"no_credentials\"} 1"),
                             HasSubstr("omserve_refusals_total{reason=\"unknown_token\"} 1"),
                             HasSubstr("omserve_refusals_total{reason=\"no_role\"} 2")));
  EXPECT_THAT(server_->log(), AllOf(Not(HasSubstr(kInferToken)), Not(HasSubstr(kControlToken)),
                                    Not(HasSubstr("not-a-token"))))
      << "no secret in the log";
}

TEST_F(SecurityTest, TokensOnTheLoopbackInPlainText) {
  Start(Tokens());
  const auto channel = Channel({});
  EXPECT_EQ(Call(channel, kListModels).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(Call(channel, kListModels, kInferToken).ok());
  client::AccessOptions options;
  options.token_file = folder_.Write("mine", absl::StrCat(kInferToken, "\n"));
  const auto access = client::Access::Load(options);
  ASSERT_TRUE(access.ok());
  grpc::ClientContext context;
  access->Sign(context);
  v1::ListModelsResponse models;
  EXPECT_TRUE(v1::Vision::NewStub(channel)->ListModels(&context, {}, &models).ok());
  EXPECT_EQ(models.models_size(), 1);
}

// Reference: serving.md, defect class 11.
// Every method of every service that the running server says it has, on both listeners: none is
// answered to nobody unless the table says so, and there is none that the table does not know.
TEST_F(SecurityTest, NoMethodOfAnyServiceIsForgotten) {
  Start(Tls() + Tokens());
  std::set<std::string> services;
  for (const AccessRow& row : AccessTable()) services.insert(std::string(row.service));
  for (const int port : {server_->grpc_port(), server_->control_port()}) {
    const auto channel = Channel(Trusting(), port);
    EXPECT_EQ(ReflectedServices(channel), "") << "the reflection itself is not for nobody";
    const std::string listed = ReflectedServices(channel, kInferToken);
    ASSERT_THAT(listed, HasSubstr("inference.GRPCInferenceService"));
    // The answer's names, whatever else is in its bytes.
    for (absl::string_view word : absl::StrSplit(listed, Separates())) {
      if (!absl::StrContains(word, '.')) continue;
      EXPECT_EQ(services.count(std::string(word)), 1u) << word << " has no row in the table";
    }
    for (const AccessRow& row : AccessTable()) {
      const std::string path = absl::StrCat("/", row.service, "/", row.method);
      // A watch has no end of its own.
      const grpc::Status nobody =
          Call(channel, path, "", absl::Seconds(row.method == "Watch" ? 1 : 20));
      EXPECT_EQ(nobody.error_code() == grpc::StatusCode::UNAUTHENTICATED, !row.anyone) << path;
    }
    for (const char* path : {"/omserve.v1.Vision/Backdoor", "/grpc.channelz.v1.Channelz/GetServers",
                             "/omserve.v2.Vision/Detect", "/x"}) {
      EXPECT_EQ(Call(channel, path).error_code(), grpc::StatusCode::UNAUTHENTICATED) << path;
      EXPECT_EQ(Call(channel, path, kControlToken).error_code(),
                grpc::StatusCode::PERMISSION_DENIED)
          << path;
    }
  }
}

TEST_F(SecurityTest, WithoutConfigurationAllIsAsEver) {
  ServerSetup setup;
  setup.model_dir = File("models");
  server_ = std::make_unique<ServerProcess>(setup);
  ASSERT_TRUE(server_->WaitReady()) << server_->log();
  EXPECT_TRUE(Call(server_->channel(), kListModels).ok());
  EXPECT_EQ(Call(server_->channel(), "/omserve.v1.Vision/Backdoor").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(Scrape(server_->metrics_port()),
              AllOf(Not(HasSubstr("omserve_refusals_total")),
                    Not(HasSubstr("omserve_certificate_expiry_timestamp_seconds"))));
}

// Calls without end on one old connection and on new ones while the certificate, then the authority
// and then the tokens change.
TEST_F(SecurityTest, FilesChangeWhileRequestsRun) {
  Start(Mutual() + Tokens());
  CertificateMaker next("next authority");
  // Both authorities for a while, as a rotation has it.
  folder_.Write("both.crt", maker_.ca() + next.ca());
  client::AccessOptions mine = With(maker_.Make({}));
  mine.tls_ca = File("both.crt");
  std::atomic<bool> stop{false};
  std::atomic<int> calls{0}, failed{0};
  std::string failure;
  const auto old_connection = Channel(mine);
  ASSERT_TRUE(Call(old_connection, kListModels, kInferToken).ok());
  Thread caller("caller", [&] {
    while (!stop.load()) {
      for (const auto& channel : {old_connection, Channel(mine)}) {
        const grpc::Status status = Call(channel, kListModels, kInferToken);
        calls.fetch_add(1);
        if (status.ok() || failed.fetch_add(1) > 0) continue;
        failure = status.error_message();
      }
    }
  });
  const auto metric = [&](const std::string& line) {
    return absl::StrContains(Scrape(server_->metrics_port()), line);
  };
  // Who is at the other end of a new connection.
  const auto served_by = [&](const std::string& ca) {
    client::AccessOptions options = mine;
    options.tls_ca = folder_.Write("only.crt", ca);
    return Call(Channel(options), kListModels, kInferToken).ok();
  };
  Replace("ca.crt", maker_.ca() + next.ca());
  Install(next.Make({}));
  EXPECT_TRUE(Eventually([&] { return served_by(next.ca()); }));
  EXPECT_FALSE(served_by(maker_.ca()));
  EXPECT_TRUE(Call(Channel([&] {
                     client::AccessOptions options = With(next.Make({}));
                     options.tls_ca = File("both.crt");
                     return options;
                   }()),
                   kListModels, kInferToken)
                  .ok())
      << "clients of the next authority come in";
  // Half a rotation: the certificate without its key.
  Replace("tls.crt", next.Make({}).certificate);
  EXPECT_TRUE(Eventually([&] { return !metric("{result=\"failed\",what=\"certificates\"} 0"); }));
  EXPECT_TRUE(served_by(next.ca()));
  WriteTokens(absl::StrCat("scanner infer ", kInferToken, "\n"));
  EXPECT_TRUE(Eventually([&] {
    return Call(old_connection, kListModels, kControlToken).error_code() ==
           grpc::StatusCode::UNAUTHENTICATED;
  })) << "a token that is gone is refused on connections that are open";
  stop.store(true);
  caller.Join();
  EXPECT_EQ(failed.load(), 0) << "of " << calls.load() << ": " << failure;
  EXPECT_GT(calls.load(), 10);
}

TEST_F(SecurityTest, MistakesEndTheStartAndNameTheField) {
  const auto error = [&](const std::string& security) {
    const std::string config = folder_.Write(
        "server.pbtxt",
        absl::StrCat("model_dir: '", File("models"), "' security { ", security, " }"));
    const omserve::Run run = RunServer({"--config", config, "--check-config"});
    EXPECT_EQ(run.exit_code, 2) << run.output;
    return run.output;
  };
  EXPECT_THAT(error(Tokens()), HasSubstr("security.tokens: would be sent in plain text"));
  WriteTokens("scanner infer short");
  EXPECT_THAT(error(Tls() + Tokens()), AllOf(HasSubstr("security.tokens: "),
                                             HasSubstr("line 1: the token has 5 characters")));
  WriteTokens("scanner root 0123456789abcdef0123456789abcdef");
  EXPECT_THAT(error(Tls() + Tokens()),
              AllOf(HasSubstr("'root' is not a role"), Not(HasSubstr("0123456789abcdef"))));
  Replace("tls.key", maker_.Make({}).key);
  EXPECT_THAT(error(Tls()), HasSubstr("security.tls.private_key: "));
  std::filesystem::remove(File("tls.crt"));
  EXPECT_THAT(error(Tls()), HasSubstr("security.tls.certificate: cannot read"));
}

TEST_F(SecurityTest, CheckConfigTellsWhoMayEnter) {
  const std::string config = folder_.Write(
      "server.pbtxt",
      absl::StrCat("model_dir: '", File("models"), "' security { ", Mutual(), Tokens(), " }"));
  const omserve::Run run = RunServer({"--config", config, "--check-config"});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, AllOf(HasSubstr("TLS, client certificates required, tokens"),
                                Not(HasSubstr(kInferToken))));
}

}  // namespace
}  // namespace omserve
