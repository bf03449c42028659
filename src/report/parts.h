// The parts after the pictures: single cases, data, search and tests, reproduction.
#pragma once

#include "report/element.h"
#include "report/facts.h"

namespace tagwerk::report {

Section CasesPart(const Facts& facts);
Section TrustPart(const Facts& facts);
Section DataPart(const Facts& facts);
Section DiagnosisPart(const Facts& facts);
Section SearchPart(const Facts& facts);
Section TracePart(const Facts& facts);
/// All metrics of the test rows with intervals, beside the simplest rule.
Table PerformanceTable(const Facts& facts);

/// A list of names and values: <dl> in HTML, a table of two columns in Markdown.
struct KeyValues {
  std::vector<std::pair<Inline, Inline>> rows;
  void Add(Inline name, Inline value) {
    if (!value.empty() && !PlainText(value).empty()) rows.emplace_back(std::move(name), std::move(value));
  }
  std::string Html() const;
  Table AsTable() const;
};

}  // namespace tagwerk::report
