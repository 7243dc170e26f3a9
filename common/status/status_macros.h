#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expr` (a Status) is an error.
#define GB_RETURN_IF_ERROR(expr)             \
  do {                                       \
    absl::Status gb_status_ = (expr);        \
    if (!gb_status_.ok()) return gb_status_; \
  } while (false)

#define GB_STATUS_CONCAT_INNER(a, b) a##b
#define GB_STATUS_CONCAT(a, b) GB_STATUS_CONCAT_INNER(a, b)

// GB_ASSIGN_OR_RETURN(auto x, F()): x is F()'s value, or the function returns its
// error.
#define GB_ASSIGN_OR_RETURN(lhs, expr) \
  GB_ASSIGN_OR_RETURN_IMPL(GB_STATUS_CONCAT(gb_statusor_, __LINE__), lhs, expr)
#define GB_ASSIGN_OR_RETURN_IMPL(var, lhs, expr) \
  auto var = (expr);                             \
  if (!var.ok()) return std::move(var).status(); \
  lhs = *std::move(var)
