// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/server_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/log.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace omserve {
namespace {

constexpr absl::string_view kPath = ":path";
constexpr absl::string_view kAuthorization = "authorization";

absl::string_view View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

void AddProperties(const grpc_auth_context* context, const char* name,
                   std::vector<absl::string_view>& out) {
  grpc_auth_property_iterator it = grpc_auth_context_find_properties_by_name(context, name);
  while (const grpc_auth_property* const found = grpc_auth_property_iterator_next(&it)) {
    out.emplace_back(found->value, found->value_length);
  }
}

// Of a certificate that the handshake has verified; none without one.
std::vector<absl::string_view> IdentitiesOf(const grpc_auth_context* context) {
  std::vector<absl::string_view> out;
  if (context == nullptr || grpc_auth_context_peer_is_authenticated(context) == 0) return out;
  AddProperties(context, GRPC_X509_SAN_PROPERTY_NAME, out);
  AddProperties(context, GRPC_X509_CN_PROPERTY_NAME, out);
  return out;
}

// The same certificate as PEM; empty: none.
absl::string_view CertificateOf(const grpc_auth_context* context) {
  std::vector<absl::string_view> found;
  if (context != nullptr && grpc_auth_context_peer_is_authenticated(context) != 0) {
    AddProperties(context, GRPC_X509_PEM_CERT_PROPERTY_NAME, found);
  }
  return found.empty() ? absl::string_view() : found.front();
}

// gRPC calls it for every call once the headers are there; all that it gives lives until 'done'.
void JudgeCall(void* state, grpc_auth_context* context, const grpc_metadata* headers, size_t count,
               grpc_process_auth_metadata_done_cb done, void* user_data) {
  const auto& keeper = *static_cast<const CredentialKeeper*>(state);
  CallCredentials call;
  std::vector<absl::string_view> authorization;
  std::vector<grpc_metadata> consumed;
  for (size_t i = 0; i < count; ++i) {
    const absl::string_view key = View(headers[i].key);
    if (key == kPath) call.path = View(headers[i].value);
    if (key != kAuthorization) continue;
    authorization.push_back(View(headers[i].value));
    consumed.push_back(headers[i]);
  }
  const std::vector<absl::string_view> identities = IdentitiesOf(context);
  call.authorization = authorization;
  call.identities = identities;
  call.certificate = CertificateOf(context);
  const Verdict verdict = keeper.Judge(call);
  grpc_status_code code = GRPC_STATUS_OK;
  if (verdict.refusal != Refusal::kNone) {
    code = IsUnauthenticated(verdict.refusal) ? GRPC_STATUS_UNAUTHENTICATED
                                              : GRPC_STATUS_PERMISSION_DENIED;
  }
  done(user_data, consumed.data(), consumed.size(), nullptr, 0, code, verdict.text.c_str());
}

// What one listener's handshakes have been given. Called under the listener's lock.
struct HandshakeFeed {
  const CredentialKeeper* keeper;
  std::shared_ptr<const CertificateSet> given;
};

grpc_ssl_certificate_config_reload_status FeedHandshake(
    void* user_data, grpc_ssl_server_certificate_config** config) {
  auto& feed = *static_cast<HandshakeFeed*>(user_data);
  std::shared_ptr<const CertificateSet> now = feed.keeper->certificates();
  if (now == feed.given) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  grpc_ssl_pem_key_cert_pair pair = {now->private_key.c_str(), now->certificate.c_str()};
  // gRPC wants authorities here also when no client is asked for a certificate, and looks at none.
  const std::string& authorities = now->client_ca.empty() ? now->certificate : now->client_ca;
  *config = grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
  feed.given = std::move(now);
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

grpc_ssl_client_certificate_request_type RequestOf(const TlsConfig& tls) {
  if (tls.client_ca.empty()) return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  return tls.client_certificate_required
             ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
             : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
}

// Over the core's API, for gRPC 1.51's C++ one has no plain-text credentials that check calls, and
// its watcher of files gives handshakes a key and a certificate that do not fit each other.
class KeptCredentials final : public grpc::ServerCredentials {
 public:
  explicit KeptCredentials(const CredentialKeeper& keeper) : feed_{&keeper, nullptr} {
    if (keeper.config().tls.on()) {
      credentials_ = grpc_ssl_server_credentials_create_with_options(
          grpc_ssl_server_credentials_create_options_using_config_fetcher(
              RequestOf(keeper.config().tls), &FeedHandshake, &feed_));
    } else {
      credentials_ = grpc_insecure_server_credentials_create();
    }
    if (!keeper.config().judges()) return;
    grpc_auth_metadata_processor processor = {};
    processor.process = &JudgeCall;
    processor.state = const_cast<CredentialKeeper*>(&keeper);
    grpc_server_credentials_set_auth_metadata_processor(credentials_, processor);
  }
  ~KeptCredentials() override { grpc_server_credentials_release(credentials_); }
  KeptCredentials(const KeptCredentials&) = delete;
  KeptCredentials& operator=(const KeptCredentials&) = delete;

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {
    GPR_ASSERT(false && "the check of calls is the keeper's");
  }

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  HandshakeFeed feed_;
  grpc_server_credentials* credentials_ = nullptr;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const CredentialKeeper* keeper) {
  if (keeper == nullptr || !keeper->config().on()) return grpc::InsecureServerCredentials();
  return std::make_shared<KeptCredentials>(*keeper);
}

}  // namespace omserve
