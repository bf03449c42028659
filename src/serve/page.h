// Lists in parts: what is asked for, and how a part is answered.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "serve/http.h"

namespace tagwerk::serve {

/// A part of a list: ?limit= (50, at most 500) and ?cursor=, the next_cursor of the part before.
struct Page {
  std::int64_t limit = 50;
  std::string cursor;
};
/// Error option-value (400).
Result<Page> ReadPage(std::string_view query);
/// Answers {"items", "next_cursor"}; `next` is null at the end of the list.
void WritePage(Json items, Json next, Response& response);

}  // namespace tagwerk::serve
