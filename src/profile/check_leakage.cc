// Runs the leakage searches and turns what they find into findings; see leakage.h.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "profile/leakage.h"

namespace tagwerk::profile {
namespace {

struct Wording {
  const char* id;
  const char* key;
  std::string brief;
};

std::string OtherName(const CheckState& state, const Leak& leak) {
  if (!leak.other_name.empty()) return leak.other_name;
  return leak.other ? state.Name(*leak.other) : "";
}

Wording WordingOf(const CheckState& state, const Leak& leak) {
  const std::string metric = ScoreName(state.goal->task), score = ScoreText(leak.score);
  const std::string other = Printable(OtherName(state, leak));
  switch (leak.kind) {
    case LeakKind::kMissingTarget:
      return {"leakage.after_the_fact", "finding.leak_missing_target", "empty exactly where the target is empty"};
    case LeakKind::kMissingClass:
      return {"leakage.after_the_fact", "finding.leak_missing_class",
              "filled exactly where the target is " + Printable(leak.label)};
    case LeakKind::kThreshold:
      return {"leakage.single_column", "finding.leak_single_threshold",
              "alone separates the target: " + metric + " 1.000"};
    case LeakKind::kLevels:
      return {"leakage.single_column", "finding.leak_single_levels",
              "alone restates the target: each value has one class"};
    case LeakKind::kEqual:
      return {"leakage.single_column", "finding.leak_single_equal",
              "alone computes the target: " + Percent(leak.agree) + " of rows"};
    case LeakKind::kPairClasses:
      return {"leakage.derived", "finding.leak_pair_classes",
              "with " + other + " gives the target: " + fmt::format("{:.4f}", leak.score)};
    case LeakKind::kPairNumbers:
      return {"leakage.derived", "finding.leak_pair_numbers", "with " + other + " gives the target"};
    case LeakKind::kCompanion:
      return {"leakage.after_the_fact", "finding.leak_companion", "dates " + Printable(leak.source)};
    case LeakKind::kStrong:
      return {"leakage.single_column", "finding.suspect_strong", "suspect: " + metric + " " + score + " alone"};
    case LeakKind::kDominates:
      return {"leakage.single_column", "finding.suspect_dominates",
              "suspect: " + metric + " " + score + " alone, far above the rest"};
    case LeakKind::kName:
      return {"leakage.after_the_fact", "finding.suspect_name",
              "suspect: " + metric + " " + score + " alone, after the fact"};
    case LeakKind::kLater:
      return {"leakage.after_the_fact", "finding.suspect_later", "suspect: lies after " + other};
    case LeakKind::kDerived:
      return {"leakage.derived", "finding.suspect_derived",
              "suspect: with " + other + " gives " + Printable(leak.source)};
    case LeakKind::kPart:
      return {"leakage.derived", "finding.suspect_part", "suspect: with " + other + " gives the target"};
  }
  return {"leakage.single_column", "finding.suspect_strong", ""};
}

Json TextValues(const CheckState& state, const Leak& leak) {
  Json values = Json::object();
  values["metric"] = ScoreName(state.goal->task);
  values["score"] = leak.kind == LeakKind::kPairClasses ? fmt::format("{:.4f}", leak.score) : ScoreText(leak.score);
  values["agree"] = leak.agree;
  values["count"] = leak.rows;
  if (leak.other) values["other"] = OtherName(state, leak);
  if (!leak.source.empty()) values["source"] = leak.source;
  if (!leak.label.empty()) values["label"] = Printable(leak.label);
  if (!leak.operation.empty()) values["operation"] = leak.operation;
  if (!leak.formula.empty()) values["formula"] = leak.formula;
  if (leak.levels > 0) values["levels"] = leak.levels;
  if (leak.kind == LeakKind::kDominates) {
    values["next"] = state.Name(*leak.other);
    values["next_score"] = ScoreText(state.profile.columns[*leak.other].target_score.value_or(0));
  }
  return values;
}

Json Evidence(const CheckState& state, const Leak& leak) {
  Json evidence = Json::object();
  const auto& alone = state.profile.columns[leak.column].target_score;
  if (alone) evidence[std::string(ScoreName(state.goal->task)) + "_alone"] = *alone;
  if (leak.score > 0) evidence["score"] = leak.score;
  if (leak.agree > 0) evidence["agree_share"] = leak.agree;
  evidence["rows"] = leak.rows;
  if (!leak.formula.empty()) evidence["formula"] = leak.formula;
  return evidence;
}

void AddLeak(CheckState& state, const Leak& leak) {
  const Wording wording = WordingOf(state, leak);
  Finding finding =
      MakeFinding(wording.id, Severity::kCritical, state.Name(leak.column), wording.key, TextValues(state, leak));
  if (leak.other) finding.columns.push_back(state.Name(*leak.other));
  finding.rows = leak.rows;
  finding.brief = wording.brief;
  finding.evidence = Evidence(state, leak);
  finding.suspect = IsSuspect(leak.kind);
  if (!finding.suspect) {
    SetLeftOut(state, finding, leak.column, "leakage");
    if (finding.action == Action::kLeftOut) state.profile.certain_leaks.push_back(leak.column);
  } else {
    state.profile.suspects.push_back(leak.column);
    if (state.options.drop_suspects) {
      SetLeftOut(state, finding, leak.column, "suspect");
    } else {
      finding.override_option = "--drop " + OptionName(state.Name(leak.column));
    }
  }
  state.profile.findings.push_back(std::move(finding));
}

void Append(std::vector<Leak>& to, std::vector<Leak> from) {
  for (Leak& leak : from) {
    if (!Contains(to, leak.column)) to.push_back(std::move(leak));
  }
}

}  // namespace

void CheckLeakage(CheckState& state) {
  if (state.profile.labelled.size() < 50) return;  // identities on a handful of rows are chance
  std::vector<Leak> leaks = FindSingles(state);
  const std::vector<Leak> filled = FindFilledWhenKnown(state);
  const std::vector<LeakView> views = MakeViews(state);
  std::vector<Leak> known = leaks;
  Append(known, filled);
  for (Leak& leak : FindClassPairs(state, views, known)) leaks.push_back(std::move(leak));
  std::vector<Leak> parts;
  for (Leak& leak : FindNumberPairs(state, views, known)) {
    (IsSuspect(leak.kind) ? parts : leaks).push_back(std::move(leak));
  }
  Append(leaks, filled);
  Append(leaks, FindCompanions(state, leaks));
  known = leaks;
  Append(known, parts);
  const std::vector<Leak> suspects = FindSuspects(state, views, known);
  for (const Leak& leak : leaks) AddLeak(state, leak);
  for (const Leak& leak : suspects) AddLeak(state, leak);
}

}  // namespace tagwerk::profile
