// The outcomes of `tagwerk test` as one page: what fails first, each with the row that breaks it.
#include <algorithm>

#include "report/assets.h"
#include "report/element.h"
#include "report/page.h"
#include "report/report.h"

namespace tagwerk::report {

namespace {

/// A sentence of the catalogue from a key and values of the document.
Inline SaidOfTests(const Language& t, const View& key, const View& values) {
  Values filled;
  const std::vector<std::string> names = values.keys();
  for (const std::string& name : names) filled.emplace_back(name, Value::From(values[name]));
  return t.Has(key.text()) ? t.Fill(key.text(), filled) : Plain(key.text());
}

Table Outcomes(const View& document, const Language& t) {
  Table table;
  table.sortable = true;
  table.caption = t.Fill("check.title", {{"model", document["model"].text()}});
  table.heads = {TextHead(t.Fill("check.column.statement")), TextHead(t.Fill("column.verdict")),
                 TextHead(t.Fill("column.part")), TextHead(t.Fill("check.column.seen"))};
  std::vector<View> tests = document["tests"].items();
  std::stable_sort(tests.begin(), tests.end(), [](const View& a, const View& b) {
    return (a["status"].text() == "fail") > (b["status"].text() == "fail");
  });
  for (const View& test : tests) {
    const bool fails = test["status"].text() == "fail";
    const std::string family = "check.family." + test["family"].text();
    Cell verdict{{}, Pill(fails ? "bad" : "good", t.Text(fails ? "check.fail" : "check.ok")), "", false};
    table.rows.push_back({{TextCell(SaidOfTests(t, test["text_key"], test["text_values"])), std::move(verdict),
                           TextCell(t.Has(family) ? t.Fill(family) : Plain(test["family"].text())),
                           TextCell(SaidOfTests(t, test["seen_key"], test["seen_values"]))},
                          "",
                          ""});
  }
  return table;
}

}  // namespace

Result<std::string> RenderTests(const Json& tests, const std::string& language) {
  TW_TRY(const Language* t, FindLanguage(language));
  const View document(tests);
  const double failed = document["failed"].number_or(0), passed = document["passed"].number_or(0);
  const Inline title = t->Fill("check.title", {{"model", document["model"].text()}});
  const Inline summary = failed > 0 ? t->Fill("check.summary.fail", {{"count", failed}, {"passed", passed}}, true)
                                    : t->Fill("check.summary.ok", {{"count", passed}});
  const Inline basis = t->Fill("check.basis", {{"rows", document["rows"].number_or(0)},
                                               {"data", document["data"].text()},
                                               {"file", document["tests_file"].text()}});
  return PageStart(*t, PlainText(title), "tests") + "<main><div class=\"wrap\"><header class=\"mast\"><h1>" +
         Html(title) + "</h1><p class=\"answer\">" + Html(summary) + "</p><p class=\"sub\">" + Html(basis) +
         "</p></header>\n" + TableHtml(Outcomes(document, *t)) + "</div></main>\n" + PageEnd();
}

}  // namespace tagwerk::report
