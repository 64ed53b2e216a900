// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// OMSERVE_MULTIVERSION before a hot function compiles it twice on x86-64, for AVX2 and for the
// baseline, and picks at load time. AVX2 comes without FMA here, so that the results are the same
// on every x86-64 host. Sanitizers cannot run the resolver that early; they get the baseline.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define OMSERVE_SANITIZED 1
#endif
#endif

#if defined(__x86_64__) && defined(__linux__) && !defined(OMSERVE_SANITIZED)
#define OMSERVE_MULTIVERSION __attribute__((target_clones("avx2", "default")))
#else
#define OMSERVE_MULTIVERSION
#endif
