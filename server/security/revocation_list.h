// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "pipelines/base/mutex.h"
#include "server/security/pem_objects.h"

namespace omserve {

// The client certificates that their authorities have taken back (RFC 5280, section 5).
// Thread-safe.
class RevocationList {
 public:
  // 'pem' holds the list of each authority that has one, signed by a certificate of 'authorities'
  // (PEM). INVALID_ARGUMENT: no list, a damaged one, one of a stranger, or one that tells changes
  // only.
  static absl::StatusOr<std::shared_ptr<const RevocationList>> Parse(absl::string_view pem,
                                                                     absl::string_view authorities);

  // Whether this certificate, as PEM, is on the list of its authority; what is no certificate is.
  // A certificate's answer is remembered; a first one takes some 50 us.
  bool Revoked(absl::string_view certificate) const;

  // When the first of the lists should have been replaced; never for lists that do not tell.
  absl::Time outdated() const { return outdated_; }

 private:
  static constexpr size_t kMostRemembered = 4096;  // certificates

  RevocationList() = default;

  std::vector<RevocationsPointer> lists_;
  absl::Time outdated_ = absl::InfiniteFuture();
  mutable Mutex mutex_;
  mutable absl::flat_hash_map<std::string, bool> remembered_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve
