#include "features/ordinal.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/constants.h"
#include "base/text.h"

namespace tagwerk::features {
namespace {

constexpr std::size_t kFewestSteps = 3, kMostSteps = 20;

/// Steps from low to high, separated by "<"; words for the same step by "|".
constexpr std::array kScales = {
    std::string_view("none|no|nil|absent<very low|verylow<low|lo<moderate|medium|med|mid|middle|average|normal<high|hi<"
                     "very high|veryhigh|vhigh<extreme|critical|maximum"),
    std::string_view("very small|tiny<small|short<medium|med|average|mid<large|big|long|tall<very large|huge"),
    std::string_view("xxs<xs|extra small<s|small<m|medium<l|large<xl|extra large|x large<xxl|2xl<xxxl|3xl<4xl<5xl"),
    std::string_view("very poor|very bad|terrible|awful|unacc<poor|bad|acc<fair|ok|average|satisfactory|mediocre<good<"
                     "very good|vgood<premium<excellent|ideal|outstanding|perfect"),
    std::string_view("po<fa<ta<gd<ex"),
    std::string_view("never<almost never|very rarely<rarely|seldom<sometimes|occasionally<often|frequently<usually|"
                     "very often|almost always<always"),
    std::string_view("strongly disagree<disagree|somewhat disagree<neutral|neither agree nor disagree|undecided<agree|"
                     "somewhat agree<strongly agree"),
    std::string_view("very dissatisfied|very unhappy<dissatisfied|unhappy<neutral<satisfied|happy<very satisfied|very "
                     "happy"),
    std::string_view("minimal|trivial<mild|minor|light|slight<moderate<serious|major|heavy<severe|fatal"),
    std::string_view("freezing<cold<cool<mild|warm<hot"),
    std::string_view("beginner|novice|entry<elementary|junior<intermediate|mid|medior<advanced|senior<expert|lead"),
    std::string_view(
        "preschool|kindergarten<primary|elementary school<secondary|high school|highschool<tertiary|college|"
        "university<bachelor|bachelors|bachelor's degree<master|masters|master's degree<doctorate|phd"),
    std::string_view("1st|first<2nd|second<3rd|third<4th|fourth<5th|fifth<6th|sixth"),
    std::string_view("i3<i2<i1<si3<si2<si1<vs2<vs1<vvs2<vvs1<if<fl"),
};

std::string PlainWord(std::string_view text) {
  std::string out = Lower(Trim(text));
  for (char& c : out) {
    if (c == '_' || c == '-') c = ' ';
  }
  return out;
}

/// The step of a word on a scale, or -1.
int StepOf(std::string_view scale, const std::string& word) {
  int step = 0;
  for (std::size_t at = 0; at <= scale.size();) {
    const std::size_t end = std::min(scale.find_first_of("<|", at), scale.size());
    if (scale.substr(at, end - at) == word) return step;
    if (end < scale.size() && scale[end] == '<') ++step;
    at = end + 1;
  }
  return -1;
}

bool SaysNothing(const std::string& word) {
  constexpr std::array<std::string_view, 9> kWords = {"",   "unknown", "other",         "others", "n/a",
                                                      "na", "missing", "not available", "?"};
  for (const std::string_view w : kWords)
    if (w == word) return true;
  return false;
}

}  // namespace

namespace {

/// Ranks of words on the first scale that knows them all; NaN for words that say nothing.
std::optional<std::vector<double>> RanksOf(std::vector<std::string> words) {
  if (words.size() < kFewestSteps || words.size() > kMostSteps) return std::nullopt;
  for (std::string& word : words) word = PlainWord(word);
  for (const std::string_view scale : kScales) {
    std::vector<double> ranks;
    std::vector<bool> seen(32, false);
    std::size_t steps = 0;
    for (const std::string& word : words) {
      const int step = StepOf(scale, word);
      if (step < 0 && !SaysNothing(word)) break;
      ranks.push_back(step < 0 ? kNaN : step);
      if (step >= 0 && !seen[std::size_t(step)]) seen[std::size_t(step)] = true, ++steps;
    }
    if (ranks.size() == words.size() && steps >= kFewestSteps) return ranks;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<double>> KnownOrder(const Levels& levels) {
  std::vector<std::string> words;
  for (std::int32_t i = 0; i < levels.size(); ++i) words.push_back(levels.text(i));
  return RanksOf(std::move(words));
}

std::optional<std::vector<double>> KnownSteps(std::span<const std::string> labels) {
  const auto ranks = RanksOf({labels.begin(), labels.end()});
  if (!ranks) return std::nullopt;
  std::vector<double> sorted = *ranks, steps;
  for (const double rank : sorted)
    if (!(rank >= 0)) return std::nullopt;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) return std::nullopt;
  for (const double rank : *ranks)
    steps.push_back(double(std::lower_bound(sorted.begin(), sorted.end(), rank) - sorted.begin()));
  return steps;
}

}  // namespace tagwerk::features
