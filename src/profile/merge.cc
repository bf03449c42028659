// Merging findings that differ only in the column; see merge.h.
#include "profile/merge.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "profile/texts.h"

namespace tagwerk::profile {
namespace {

struct Alike {
  std::string_view one, many;
  std::string_view brief;  ///< after the number of columns; "{value}" is filled in
  bool by_value;
};

constexpr std::array kAlike = {
    Alike{"finding.sentinel", "finding.sentinel_many", " columns hold {value}, which may mean missing", true},
    Alike{"finding.zero_sentinel", "finding.zero_sentinel_many", " columns hold 0, which may mean missing", true},
    Alike{"finding.unknown_level", "finding.unknown_level_many", " columns hold {value}, which may mean missing", true},
    Alike{"finding.high_cardinality", "finding.high_cardinality_many", " columns have more than 254 categories", false},
    Alike{"finding.missing_heavy", "finding.missing_heavy_many", " columns are more than half missing", false},
    Alike{"finding.missing_predicts", "finding.missing_predicts_many", " columns: being empty says something", false},
    Alike{"finding.outliers", "finding.outliers_many", " columns have values far outside the others", false},
    Alike{"finding.near_duplicate", "finding.near_duplicate_many", " columns say nearly the same as an earlier one",
          false},
    Alike{"finding.one_to_one", "finding.one_to_one_many", " columns stand one-to-one for an earlier one", false},
    Alike{"finding.affine", "finding.affine_many", " columns are computed from an earlier one", false},
    Alike{"finding.rounded", "finding.rounded_many", " columns are another one rounded", false},
    Alike{"finding.missing_predicts_class", "finding.missing_predicts_many", " columns: being empty says something",
          false},
    Alike{"finding.missing_together_two", "finding.missing_together_many", " pairs of columns are empty together",
          false},
    Alike{"finding.missing_together", "finding.missing_together_many", " sets of columns are empty together", false},
    Alike{"finding.missing_depends_number", "finding.missing_depends_many",
          " columns are empty depending on other columns", false},
    Alike{"finding.missing_depends_level", "finding.missing_depends_many",
          " columns are empty depending on other columns", false},
    Alike{"finding.order_number", "finding.order_many", " columns change along the rows", false},
    Alike{"finding.order_level", "finding.order_many", " columns change along the rows", false},
    Alike{"finding.order_missing", "finding.order_many", " columns change along the rows", false},
    Alike{"finding.order_number_time", "finding.order_many_time", " columns change along time", false},
    Alike{"finding.order_level_time", "finding.order_many_time", " columns change along time", false},
    Alike{"finding.order_missing_time", "finding.order_many_time", " columns change along time", false},
    Alike{"finding.personal_email", "finding.personal_many", " columns look like personal data", false},
    Alike{"finding.personal_phone", "finding.personal_many", " columns look like personal data", false},
    Alike{"finding.personal_ip", "finding.personal_many", " columns look like personal data", false},
    Alike{"finding.near_texts", "finding.near_texts_many", " columns hold texts that nearly repeat", false},
    Alike{"finding.future", "finding.future_many", " columns hold times in the future", false},
    Alike{"finding.id_values", "finding.id_values_many", " columns identify rows", false},
    Alike{"finding.text_unique", "finding.text_unique_many", " columns are text that hardly repeats", false},
};

std::string ValueOf(const Finding& finding) {
  const auto at = finding.text_values.find("value");
  return at != finding.text_values.end() && at->is_string() ? at->get<std::string>() : "";
}

const Alike* KindOf(const Finding& finding) {
  const auto kind =
      std::find_if(kAlike.begin(), kAlike.end(), [&](const Alike& k) { return k.one == finding.text_key; });
  return kind == kAlike.end() ? nullptr : &*kind;
}

/// Kinds that share the merged text are told together.
bool SameKind(const Alike& kind, const Finding& first, const Finding& other) {
  const Alike* theirs = KindOf(other);
  return theirs != nullptr && theirs->many == kind.many && first.action == other.action &&
         (!kind.by_value || ValueOf(first) == ValueOf(other));
}

Finding Merged(const Alike& kind, const std::vector<const Finding*>& members) {
  Finding merged = *members.front();
  merged.columns.clear();
  merged.examples.clear();
  merged.evidence = Json::object();
  Json rows = Json::object();
  for (const Finding* member : members) {
    merged.columns.push_back(member->columns.front());
    merged.severity = std::min(merged.severity, member->severity);
    merged.rows = std::max(merged.rows, member->rows);
    rows[member->columns.front()] = member->rows;
  }
  merged.evidence["columns"] = members.size();
  merged.evidence["rows_by_column"] = std::move(rows);
  const std::string value = ValueOf(merged);
  merged.text_key = kind.many;
  merged.text_values = Json::object();
  merged.text_values["count"] = members.size();
  merged.text_values["rows"] = merged.rows;
  if (kind.by_value) merged.text_values["value"] = value;
  merged.text = EnglishText(merged.text_key, merged.text_values);
  merged.brief = Count(std::int64_t(members.size())) + std::string(kind.brief);
  if (const auto at = merged.brief.find("{value}"); at != std::string::npos)
    merged.brief.replace(at, 7, Printable(value));
  return merged;
}

}  // namespace

void MergeAlike(std::vector<Finding>& findings) {
  std::vector<Finding> kept;
  std::vector<bool> taken(findings.size());
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (taken[i]) continue;
    const Alike* kind = KindOf(findings[i]);
    std::vector<const Finding*> members;
    std::vector<std::size_t> at;
    for (std::size_t j = i; kind != nullptr && j < findings.size(); ++j) {
      if (taken[j] || !SameKind(*kind, findings[i], findings[j])) continue;
      members.push_back(&findings[j]);
      at.push_back(j);
    }
    if (members.size() <= kTellSingly) {
      kept.push_back(findings[i]);
      continue;
    }
    kept.push_back(Merged(*kind, members));
    for (const std::size_t j : at) taken[j] = true;
  }
  findings = std::move(kept);
}

}  // namespace tagwerk::profile
