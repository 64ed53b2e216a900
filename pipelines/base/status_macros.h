// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the function when the expression is not ok. In a coroutine use
// OMSERVE_CO_RETURN_IF_ERROR.
#define OMSERVE_RETURN_IF_ERROR(expr)                                 \
  do {                                                                \
    if (absl::Status omserve_status = (expr); !omserve_status.ok()) { \
      return omserve_status;                                          \
    }                                                                 \
  } while (false)

#define OMSERVE_CO_RETURN_IF_ERROR(expr)                              \
  do {                                                                \
    if (absl::Status omserve_status = (expr); !omserve_status.ok()) { \
      co_return omserve_status;                                       \
    }                                                                 \
  } while (false)

#define OMSERVE_CONCAT_INNER(a, b) a##b
#define OMSERVE_CONCAT(a, b) OMSERVE_CONCAT_INNER(a, b)

// OMSERVE_ASSIGN_OR_RETURN(auto value, MakeValue());
#define OMSERVE_ASSIGN_OR_RETURN(lhs, expr) \
  OMSERVE_ASSIGN_OR_IMPL(OMSERVE_CONCAT(omserve_statusor_, __LINE__), lhs, expr, return)
// The same in a coroutine; the expression may hold a co_await.
#define OMSERVE_CO_ASSIGN_OR_RETURN(lhs, expr) \
  OMSERVE_ASSIGN_OR_IMPL(OMSERVE_CONCAT(omserve_statusor_, __LINE__), lhs, expr, co_return)
#define OMSERVE_ASSIGN_OR_IMPL(tmp, lhs, expr, return_keyword) \
  auto tmp = (expr);                                           \
  if (!tmp.ok()) {                                             \
    return_keyword std::move(tmp).status();                    \
  }                                                            \
  lhs = *std::move(tmp)
