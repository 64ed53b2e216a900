// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/mutex.h"
#include "server/base/thread.h"
#include "server/metrics/server_metrics.h"
#include "server/security/authorise.h"
#include "server/security/certificate_set.h"
#include "server/security/revocation_list.h"
#include "server/security/security_config.h"
#include "server/security/token_table.h"

namespace omserve {

// Errors of the files that 'config' names, as LoadCertificates, RevocationList::Parse and
// TokenTable::Parse give them, with the field.
absl::Status CheckCredentialFiles(const SecurityConfig& config, absl::Time now);

// The certificates, revocation lists and tokens of the server as their files say by now. It looks
// at them from time to time; what has changed is taken once two looks in a row have seen the same,
// so that a file is not read while it is written, and only if it is right: else what was there
// stays, which the log and a metric tell. Owned by the server; outlives the listeners. Thread-safe.
class CredentialKeeper {
 public:
  // Errors: those of CheckCredentialFiles. 'metrics' and 'clock' outlive it. With config.reload
  // zero there is no thread; Look is then called by the owner.
  static absl::StatusOr<std::unique_ptr<CredentialKeeper>> Create(SecurityConfig config,
                                                                  ServerMetrics& metrics,
                                                                  const Clock& clock);
  ~CredentialKeeper();
  CredentialKeeper(const CredentialKeeper&) = delete;
  CredentialKeeper& operator=(const CredentialKeeper&) = delete;

  const SecurityConfig& config() const { return config_; }

  // Shared, for connections may be made of what has just been replaced. Null without TLS.
  std::shared_ptr<const CertificateSet> certificates() const;
  // Judges a call and counts a refusal. REQUIRES: config().judges(). Does not block.
  Verdict Judge(const CallCredentials& call) const;

  // One look at the files.
  void Look();

 private:
  // One kind of files that change together.
  struct Watched {
    uint64_t taken = 0;  // fingerprints of contents
    uint64_t last = 0;
    prometheus::Counter* reloaded = nullptr;
    prometheus::Counter* failed = nullptr;
  };

  CredentialKeeper(SecurityConfig config, ServerMetrics& metrics, const Clock& clock);

  absl::Status TakeCertificates();
  absl::Status TakeRevocations();
  absl::Status TakeTokens();
  uint64_t CertificatePrint() const;
  uint64_t RevocationPrint() const;
  uint64_t TokenPrint() const;
  // Whether what is there now is to be taken.
  static bool Settled(Watched& watched, uint64_t now);
  static void Tell(const Watched& watched, const char* what, const absl::Status& status);
  void Loop(absl::Duration interval);

  const SecurityConfig config_;
  const SecurityMetrics metrics_;
  const Clock& clock_;
  Mutex look_mutex_;  // a look at a time
  Watched certificate_files_ ABSL_GUARDED_BY(look_mutex_);
  Watched revocation_files_ ABSL_GUARDED_BY(look_mutex_);
  Watched token_files_ ABSL_GUARDED_BY(look_mutex_);
  mutable Mutex mutex_;
  CondVar wake_;
  std::shared_ptr<const CertificateSet> certificates_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const RevocationList> revocations_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const TokenTable> tokens_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Thread thread_;
};

}  // namespace omserve
