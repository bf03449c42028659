// Result<T>: a value or an Error. Status is Result<void>.
//
//   Result<Table> Read(...) { TW_TRY(auto bytes, ReadFile(path)); ... return table; }
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace tagwerk {

/// A value of type T or an Error; must be looked at.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}  // NOLINT: implicit by design
};

using Status = Result<void>;

inline Status Ok() { return Status(); }

}  // namespace tagwerk

#define TW_CONCAT_INNER(a, b) a##b
#define TW_CONCAT(a, b) TW_CONCAT_INNER(a, b)

/// Evaluates a Result; on failure returns its error, else binds the value: TW_TRY(auto x, F()).
#define TW_TRY(declaration, expression) TW_TRY_IMPL(TW_CONCAT(tw_result_, __LINE__), declaration, expression)
#define TW_TRY_IMPL(result, declaration, expression) \
  auto result = (expression);                        \
  if (!result) return std::move(result).error();     \
  declaration = std::move(*result)

/// Evaluates a Status (or Result whose value is not needed); on failure returns its error.
#define TW_RETURN_IF_ERROR(expression)                                                  \
  do {                                                                                  \
    if (auto tw_status = (expression); !tw_status) return std::move(tw_status).error(); \
  } while (false)
