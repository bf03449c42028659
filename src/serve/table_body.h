// Rows in CSV or as an Arrow stream, and answers in these forms.
#pragma once

#include <string>
#include <string_view>

#include "base/context.h"
#include "serve/row_request.h"
#include "serve/score.h"

namespace tagwerk::serve {

enum class BodyForm : std::uint8_t { kJson, kCsv, kArrow, kOther };

/// The form that a media type names; an empty one is JSON.
BodyForm FormOfType(std::string_view media_type);
/// The form of the answer by the header Accept: `as_asked` where it does not say or takes anything.
BodyForm FormOfAccept(std::string_view accept, BodyForm as_asked);
std::string_view TypeOf(BodyForm form);
/// Whether bytes begin as an Arrow stream does.
bool IsArrowStream(std::string_view bytes);

/// Reads rows with the types of training. Errors: those of reading, rows-rejected, column-missing, type-changed (422),
/// too-many-rows (413). Columns that are absent are told in `absent`.
Result<table::Table> ReadTableBody(const Context& context, std::string_view bytes, BodyForm form,
                                   const ServedModel& model, std::vector<std::string>& absent);
/// Writes predictions as a table: prediction_id, then the columns of `tagwerk predict`.
Result<std::string> WriteTableBody(const ServedModel& model, const Scored& scored, const RowOptions& options,
                                   std::string_view request_id, BodyForm form);

}  // namespace tagwerk::serve
