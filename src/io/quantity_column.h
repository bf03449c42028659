// Whether the texts of a column are numbers with something around: one unit, or units of one kind.
#pragma once

#include <optional>

#include "io/draft.h"
#include "table/value_form.h"

namespace tagwerk::io {

struct QuantityForm {
  table::ValueForm form;
  std::int64_t failed = 0;  ///< values that are no quantity
};

/// Decides by the whole column. A column becomes numeric when, besides at most three texts without digits
/// ("Varies with device"), at most 1 % of its values are no quantity and at most 5 % are in a unit that has no
/// fixed relation to the others' unit; codes ("12B" beside "12C", "007A") do not. `told`: the user says that
/// the column is numeric, so only the 1 % is asked for.
std::optional<QuantityForm> DecideQuantity(const StringDraft& draft, const Weights& weights, table::NumberStyle style,
                                           bool told);

}  // namespace tagwerk::io
