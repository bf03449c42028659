#include "report/story.h"

#include <cmath>

namespace tagwerk::report {

namespace {

void AnswerBinary(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  const auto counts = facts.Counts();
  if (!counts || !counts->Recall()) return;
  const auto precision = counts->Precision();
  if (!precision) {
    story.answer.push_back(
        t.Fill("answer.binary.none", {{"target", facts.target}, {"positive", facts.positive}}, true));
    return;
  }
  const bool good = *counts->Recall() >= 0.8 && *precision >= 0.8;
  if (facts.Better() && !facts.TooGood())
    story.answer.push_back(t.Fill(good ? "answer.binary.good" : "answer.binary.useful"));
  story.answer.push_back(t.Fill("answer.binary.counts", {{"target", facts.target},
                                                         {"positive", facts.positive},
                                                         {"found", t.OfHundred(*counts->Recall())},
                                                         {"right", t.OfHundred(*precision)}}));
}

void AnswerMulticlass(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  const auto accuracy = facts.Test("accuracy");
  if (!accuracy) return;
  if (facts.Better() && !facts.TooGood())
    story.answer.push_back(t.Fill(accuracy->value >= 0.9   ? "answer.multiclass.good"
                                  : accuracy->value >= 0.6 ? "answer.multiclass.useful"
                                                           : "answer.multiclass.weak"));
  const auto base = facts.Baseline("accuracy");
  story.answer.push_back(
      base ? t.Fill("answer.multiclass.counts", {{"target", facts.target},
                                                 {"right", t.OfHundred(accuracy->value)},
                                                 {"base", t.OfHundred(base->value)}})
           : t.Fill("answer.multiclass.alone", {{"target", facts.target}, {"right", t.OfHundred(accuracy->value)}}));
}

void AnswerRegression(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  const auto r2 = facts.Test("r2");
  if (r2 && facts.Better() && !facts.TooGood())
    story.answer.push_back(t.Fill(r2->value >= 0.9   ? "answer.regression.good"
                                  : r2->value >= 0.4 ? "answer.regression.useful"
                                                     : "answer.regression.weak"));
  std::optional<double> half;
  std::optional<double> most;
  for (const View& item : facts.run["test"]["residuals"]["within"].items()) {
    if (std::abs(item["share"].number_or(0) - 0.5) < 1e-9) half = item["error"].number();
    if (std::abs(item["share"].number_or(0) - 0.9) < 1e-9) most = item["error"].number();
  }
  if (half && most)
    story.answer.push_back(t.Fill("answer.regression.counts", {{"half", t.Number(*half)}, {"most", t.Number(*most)}}));
}

/// Bad news, worst first; each sentence has one loud part.
std::vector<Inline> BadNews(const Facts& facts) {
  const Language& t = facts.t;
  std::vector<Inline> news;
  if (facts.run["gate"].has() && !facts.run["gate"]["passed"].truth())
    news.push_back(t.Fill("news.gate", {{"expression", facts.run["gate"]["expression"].text()}}, true));
  if (const auto suspects = facts.UsedSuspects(); !suspects.empty())
    news.push_back(t.Fill("news.suspects", {{"columns", suspects}, {"count", double(suspects.size())}}, true));
  const View single = facts.run["test"]["versus_best_single"];
  if (const auto best = facts.BestSingle(); best && single.has() && !single["better"].truth()) {
    const bool worse = single["high"].number_or(1) < 0;
    news.push_back(
        t.Fill(worse ? "news.single.worse" : "news.single.same", {{"model", facts.ModelTitle(*best)}}, true));
  }
  if (const auto gap = facts.CalibrationGap()) {
    const char* key = *gap > 0.02    ? "news.calibration.low"
                      : *gap < -0.02 ? "news.calibration.high"
                                     : "news.calibration.off";
    const double points = std::abs(*gap) > 0.02 ? std::abs(*gap) : facts.CalibrationError();
    news.push_back(t.Fill(facts.binary ? key : "news.calibration.off", {{"points", t.OfHundred(points)}}, true));
  }
  if (const auto off = facts.CoverageOff())
    news.push_back(
        t.Fill(*off < 0.9 ? "news.coverage.low" : "news.coverage.high", {{"seen", t.OfHundred(*off)}}, true));
  if (const auto drift = facts.WorstPeriod(); drift && drift->clear)
    news.push_back(t.Fill(drift->actual > drift->expected ? "news.drift.low" : "news.drift.high",
                          {{"from", t.Date(drift->from)},
                           {"to", t.Date(drift->to)},
                           {"expected", facts.Target(drift->expected)},
                           {"actual", facts.Target(drift->actual)}},
                          true));
  if (facts.test_rows > 0 && facts.test_rows < 100)
    news.push_back(t.Fill("news.few_rows", {{"count", facts.test_rows}}, true));
  if (const auto weak = facts.WeakSlices(); !weak.empty())
    news.push_back(
        t.Fill("news.slice", {{"column", weak[0]["column"].text()}, {"value", weak[0]["value"].text()}}, true));
  return news;
}

void TellAsked(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  std::size_t used = 0;
  for (const View& column : facts.run["columns"].items()) used += column["used"].truth() ? 1 : 0;
  const std::string what = "asked." + facts.task;
  const Values values = {{"target", facts.target},
                         {"positive", facts.positive},
                         {"count", double(used)},
                         {"classes", double(facts.run["goal"]["classes"].size())}};
  if (t.Has(what)) story.asked.push_back(t.Fill(what, values));
  TellGoal(facts, story);
  if (!facts.metric.empty()) {
    const std::string doc = "metric." + facts.metric + ".doc";
    story.asked.push_back(t.Fill("asked.metric", {{"metric", facts.MetricName(facts.metric)}}));
    if (t.Has(doc)) story.asked.back() = story.asked.back() + Plain(" ") + t.Fill(doc);
  }
}

void TellGood(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  TellWorth(facts, story);
  const auto test = facts.Test(facts.metric);
  const auto simple = facts.Baseline(facts.metric);
  if (test && simple)
    story.good.push_back(Sentence(t.Fill("good.metric", {{"metric", facts.MetricName(facts.metric)},
                                                         {"model", facts.ScoreInterval(*test)},
                                                         {"base", facts.Score(*simple)},
                                                         {"baseline", facts.BaselineName()}})));
  const View single = facts.run["test"]["versus_best_single"];
  if (const auto best = facts.BestSingle(); best && single.has()) {
    const auto low = single["low"].number();
    const auto high = single["high"].number();
    if (low && high) {
      const double half = (*high - *low) / 10;  // fine enough to show on which side of 0 it lies
      story.good.push_back(t.Fill(single["better"].truth() ? "good.single.better"
                                  : *high < 0              ? "good.single.worse"
                                                           : "good.single.same",
                                  {{"model", facts.ModelTitle(*best)},
                                   {"metric", facts.MetricName(single["metric"].text())},
                                   {"low", t.Signed(*low, half)},
                                   {"high", t.Signed(*high, half)}}));
    }
  }
  if (const auto counts = facts.Counts(); counts && counts->Rows() > 0) {
    const double yes = (counts->found + counts->missed) / counts->Rows();
    if (yes < 0.3 || yes > 0.7)
      story.good.push_back(t.Fill("good.uneven", {{"right", t.OfHundred(std::max(yes, 1 - yes))}}));
  }
  if (facts.run["test"]["method"].text() == "out_of_fold_corrected") story.good.push_back(t.Fill("good.out_of_fold"));
}

}  // namespace

void TellHeading(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  const std::string question = "question." + facts.task;
  story.question = t.Has(question) ? t.Fill(question, {{"target", facts.target}, {"positive", facts.positive}})
                                   : t.Fill("question.other", {{"target", facts.target}});
  const View model = facts.run["model"];
  const std::string version = model["version"].text();
  const char* kicker = !model.has()      ? "heading.kicker.no_model"
                       : version.empty() ? "heading.kicker.plain"
                                         : "heading.kicker";
  story.kicker = t.Fill(kicker, {{"run", facts.run["id"].text()},
                                 {"when", facts.run["finished_at"].text()},
                                 {"model", model["name"].text()},
                                 {"version", version}});
  const View split = facts.run["split"];
  const Values values = {{"train", facts.train_rows},
                         {"test", facts.test_rows},
                         {"count", facts.test_rows},
                         {"from", split["from"].text()},
                         {"to", split["to"].text()},
                         {"group", split["group"].text()},
                         {"train_from", split["train_from"].text()},
                         {"train_to", split["train_to"].text()}};
  const bool corrected = facts.run["test"]["method"].text() == "out_of_fold_corrected";
  const bool times = facts.time_split && split["from"].has() && split["train_from"].has();
  if (facts.train_rows > 0)
    story.basis = t.Fill(corrected                                                           ? "heading.basis.folds"
                         : times                                                             ? "heading.basis.time"
                         : split["kind"].text() == "group" && !split["group"].text().empty() ? "heading.basis.group"
                                                                                             : "heading.basis.rows",
                         values);
}

void TellAnswer(const Facts& facts, Story& story) {
  const Language& t = facts.t;
  const std::string status = facts.run["status"].text();
  if (status == "interrupted" || status == "failed" || !facts.run["model"].has())
    story.answer.push_back(t.Fill("answer.no_model", {}, true));
  if (facts.TooGood())
    story.answer.push_back(t.Fill("answer.too_good", {}, true));
  else if (facts.BetterKnown() && !facts.Better())
    story.answer.push_back(t.Fill("answer.not_yet", {}, true));
  if (facts.binary) AnswerBinary(facts, story);
  if (facts.multiclass) AnswerMulticlass(facts, story);
  if (facts.regression) AnswerRegression(facts, story);
  if (facts.BetterKnown())
    story.answer.push_back(t.Fill(facts.Better() ? "answer.better" : "answer.not_better",
                                  {{"baseline", facts.BaselineName()}}, !facts.Better()));
  const std::vector<Inline> news = BadNews(facts);
  for (std::size_t i = 0; i < news.size() && i < 2; ++i) story.answer.push_back(news[i]);
  if (news.empty() && facts.Better()) story.answer.push_back(t.Fill("news.none"));
}

Story Tell(const Facts& facts) {
  Story story;
  TellHeading(facts, story);
  TellAnswer(facts, story);
  TellStats(facts, story);
  TellHundreds(facts, story);
  TellAsked(facts, story);
  TellGood(facts, story);
  TellFound(facts, story);
  TellLimits(facts, story);
  TellNext(facts, story);
  return story;
}

}  // namespace tagwerk::report
