// The part in plain words that stands first: question, answer, figures, 100 cases, limits, next steps.
// Which sentences are said follows from the run document alone; the words come from the catalogue.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/facts.h"

namespace tagwerk::report {

struct Stat {
  std::string number;
  Inline what, small;
};

struct Hundreds {
  Inline title, note;
  std::vector<std::pair<int, int>> shapes;  ///< kind and count; adds up to 100
  std::vector<Inline> keys;                 ///< one for each shape
};

struct Found {
  std::string kind, word;  ///< of the pill
  Inline text;
};

struct Story {
  Inline question, kicker, basis;
  std::vector<Inline> answer;
  std::vector<Stat> stats;
  Hundreds hundreds;
  std::vector<Inline> asked, good;
  std::vector<Found> found;
  std::vector<Inline> limits, next;
};

Story Tell(const Facts& facts);

// The pieces, each in its own file.
void TellHeading(const Facts& facts, Story& story);
void TellAnswer(const Facts& facts, Story& story);
void TellStats(const Facts& facts, Story& story);
void TellHundreds(const Facts& facts, Story& story);
void TellFound(const Facts& facts, Story& story);
void TellGoal(const Facts& facts, Story& story);   ///< costs, capacity, bar: `asked`
void TellWorth(const Facts& facts, Story& story);  ///< what decisions are worth: `good`
void TellLimits(const Facts& facts, Story& story);
void TellNext(const Facts& facts, Story& story);

/// Kind of the pill (bad, warn, info) and its word for a finding.
std::pair<std::string, std::string> FindingPill(const View& finding, const Language& language);
Inline FindingInline(const View& finding, const Language& language);

}  // namespace tagwerk::report
