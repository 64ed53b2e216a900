// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "server/security/credential_keeper.h"

namespace omserve {

// What a gRPC listener listens with: TLS with the keeper's certificates, which every handshake
// takes anew (connections that are open keep theirs), or plain text; and, if the keeper's config
// authorises, a check of every call of every service, known or not, before its message is read:
// UNAUTHENTICATED or PERMISSION_DENIED, with a text that says what to do. The check runs on the
// thread that has read the call's headers and hands it to no other; the header 'authorization'
// stops there and no handler sees it. Without 'keeper', or with nothing on in its config, these are
// gRPC's own plain-text credentials. 'keeper' outlives the server. One object a listener.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const CredentialKeeper* keeper);

}  // namespace omserve
