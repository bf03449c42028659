#include "serve/page.h"

#include "base/text.h"

namespace tagwerk::serve {
namespace {

constexpr std::int64_t kMostOfPage = 500;

}  // namespace

Result<Page> ReadPage(std::string_view query) {
  Page page;
  std::string text;
  QueryValue(query, "cursor", page.cursor);
  if (!QueryValue(query, "limit", text)) return page;
  page.limit = ParseWhole(text).value_or(0);
  if (page.limit < 1 || page.limit > kMostOfPage)
    return Error(Code::kInvalidArgument, "option-value", "limit is a whole number from 1 to 500").Key("limit");
  return page;
}

void WritePage(Json items, Json next, Response& response) {
  response.body = DumpJson(Json{{"items", std::move(items)}, {"next_cursor", std::move(next)}});
}

}  // namespace tagwerk::serve
