// Search and tests: every candidate with its folds, right and wrong decisions, paired tests, and what
// each stage took.
#include <algorithm>
#include <cmath>

#include "report/chart.h"
#include "report/parts.h"
#include "report/pictures.h"

namespace tagwerk::report {

namespace {

constexpr std::size_t kMostCandidates = 100;

std::string Points3(const Facts& facts, const View& row, const char* name) {
  const auto value = row[name].number();
  const double half = (row["score_high"].number_or(0) - row["score_low"].number_or(0)) / 2;
  if (!value) return "\xE2\x80\x93";
  return half > 0 ? facts.t.Rounded(*value, half) : facts.t.Number(*value);
}

std::string StatusPill(const Facts& facts, const View& row) {
  const Language& t = facts.t;
  if (row["ensemble_weight"].number_or(0) > 0) return Pill("model", t.Text("search.chosen"));
  if (row["baseline"].truth()) return Pill("", t.Text("search.baseline"));
  const std::string status = row["status"].text();
  if (status == "ok" || status.empty()) return "";
  return Pill(status == "failed" ? "warn" : "", t.Has("status." + status) ? t.Text("status." + status) : status);
}

Row Candidate(const Facts& facts, const View& row, const Scale& scale, const Labels& ticks) {
  const Language& t = facts.t;
  const double weight = row["ensemble_weight"].number_or(0);
  RowMarks marks(scale, TickValues(ticks), 20);
  for (const double v : row["fold_scores"].numbers()) marks.Dot(v, "base", 2.5);
  if (const auto score = row["score"].number()) marks.Tick(*score, row["baseline"].truth() ? "base" : "model");
  const auto difference = row["baseline_difference"].number();
  const double half = (row["difference_high"].number_or(0) - row["difference_low"].number_or(0)) / 2;
  Cell name{facts.ModelTitle(row), StatusPill(facts, row), "", false};
  const std::string error = row["error"].text();
  if (!error.empty()) name.text = name.text + Plain(" ") + Faint(Shorten(error, 160));
  std::string span;
  if (row["score_low"].number() && row["score_high"].number())
    span =
        t.Text("number.span", {{"low", Points3(facts, row, "score_low")}, {"high", Points3(facts, row, "score_high")}});
  const auto fit = row["fit_seconds"].number();
  const auto predict = row["predict_us_per_row"].number();
  return {{name,
           {{}, marks.Svg(), "", false},
           NumberCell(Points3(facts, row, "score")),
           NumberCell(span),
           NumberCell(difference ? (half > 0 ? t.Signed(*difference, half) : t.Number(*difference)) : ""),
           NumberCell(weight > 0 ? t.Fixed(weight, 2) : ""),
           NumberCell(fit ? t.Span(*fit) : ""),
           NumberCell(predict ? t.Number(*predict) + "\xE2\x80\xAF\xC2\xB5s" : "")},
          weight > 0 ? "hl" : "",
          ""};
}

Block Candidates(const Facts& facts) {
  const Language& t = facts.t;
  std::vector<View> rows = facts.run["leaderboard"].items();
  std::stable_sort(rows.begin(), rows.end(), [](const View& a, const View& b) {
    const auto place = [](const View& v) { return v["rank"].number_or(0) > 0 ? v["rank"].number_or(0) : 1e9; };
    return place(a) < place(b);
  });
  const std::string stop = "stop." + facts.run["stop_reason"].text();
  Block block;
  block.title = t.Fill("search.candidates");
  block.lede = t.Fill("search.candidates.lede", {{"count", double(rows.size())}});
  if (t.Has(stop)) block.lede = block.lede + Plain(" ") + t.Fill(stop);
  std::vector<double> values;
  for (const View& row : rows) {
    for (const double v : row["fold_scores"].numbers()) values.push_back(v);
    if (const auto score = row["score"].number()) values.push_back(*score);
  }
  const Scale scale = Scale::Around(values, 0.04);
  const Labels ticks = TickLabels(t, scale, false, 3);
  Table table;
  table.css = "mid board";
  table.sortable = true;
  const std::string metric = facts.MetricName(facts.metric);
  table.heads = {TextHead(t.Fill("column.candidate")),
                 Head{t.Fill("search.folds", {{"metric", metric}}), false, false, "folds", RowAxis(scale, ticks)},
                 NumberHead(Plain(metric)),
                 NumberHead(t.Fill("column.interval")),
                 NumberHead(t.Fill("column.difference")),
                 NumberHead(t.Fill("column.weight")),
                 NumberHead(t.Fill("column.fit")),
                 NumberHead(t.Fill("column.predict"))};
  for (std::size_t i = 0; i < rows.size() && i < kMostCandidates; ++i)
    table.rows.push_back(Candidate(facts, rows[i], scale, ticks));
  block.tables.push_back(std::move(table));
  if (rows.size() > kMostCandidates)
    block.notes.push_back(t.Fill("search.more", {{"count", double(rows.size() - kMostCandidates)}}));
  return block;
}

Block Fourfold(const Facts& facts, const Decisions& d) {
  const Language& t = facts.t;
  const View costs = facts.run["goal"]["value"];
  Block block{t.Fill("confusion.title"), {}, "", {}, {}, true};
  const auto threshold = facts.run["goal"]["threshold"].number();
  block.lede =
      t.Fill("confusion.lede",
             {{"count", d.Rows()}, {"threshold", t.Percent(threshold.value_or(0.5))}, {"positive", facts.positive}});
  const auto cell = [&](double n, const char* key, const char* cost, const char* css) {
    Cell c{Inline{{t.Count(n), Style::kBold}} + Plain(" ") + t.Fill(key), "", std::string("class=\"v ") + css + "\"",
           false};
    if (costs.size() > 0)
      c.text =
          c.text + Plain(" \xC2\xB7 ") + t.Fill("confusion.each", {{"value", facts.Money(costs[cost].number_or(0))}});
    return c;
  };
  const Values words = {{"positive", facts.positive}, {"negative", facts.negative}};
  Table table;
  table.css = "confm";
  table.in_box = false;
  table.heads = {{},
                 TextHead(t.Fill("confusion.said", {{"label", facts.positive}})),
                 TextHead(t.Fill("confusion.said", {{"label", facts.negative}}))};
  table.rows.push_back({{TextCell(t.Fill("confusion.is", {{"label", facts.positive}})),
                         cell(d.found, "confusion.found", "true_positive", "ok"),
                         cell(d.missed, "confusion.missed", "false_negative", "err")},
                        "",
                        ""});
  table.rows.push_back({{TextCell(t.Fill("confusion.is", {{"label", facts.negative}})),
                         cell(d.needless, "confusion.needless", "false_positive", "err"),
                         cell(d.quiet, "confusion.quiet", "true_negative", "")},
                        "",
                        ""});
  block.tables.push_back(std::move(table));
  const auto recall = facts.Test("recall");
  const auto precision = facts.Test("precision");
  if (recall && precision)
    block.notes.push_back(t.Fill("confusion.rates", {{"positive", facts.positive},
                                                     {"recall", facts.ScoreInterval(*recall)},
                                                     {"precision", facts.ScoreInterval(*precision)}}));
  return block;
}

Block Matrix(const Facts& facts) {
  const Language& t = facts.t;
  const View confusion = facts.run["test"]["confusion"];
  const std::vector<View> labels = confusion["labels"].items();
  Block block{t.Fill("confusion.title"), t.Fill("confusion.matrix.lede"), "", {}, {}, labels.size() <= 8};
  Table table;
  table.css = "heat";
  table.caption = t.Fill("confusion.title");
  table.heads = {{}};
  const std::size_t shown = std::min<std::size_t>(labels.size(), 30);
  for (std::size_t i = 0; i < shown; ++i)
    table.heads.push_back({Name(Shorten(labels[i].text(), 18)), false, true, "", ""});
  for (std::size_t truth = 0; truth < shown; ++truth) {
    double sum = 0;
    for (const double n : confusion["counts"].at(truth).numbers()) sum += n;
    Row row{{TextCell(Name(Shorten(labels[truth].text(), 24)))}, "", ""};
    for (std::size_t said = 0; said < shown; ++said) {
      const double n = std::max(0.0, confusion["counts"].at(truth).at(said).number_or(0));
      row.cells.push_back(
          {n > 0 ? Plain(t.Count(n)) : Inline{}, "",
           "style=\"--k:" + Number2(sum > 0 ? n / sum : 0) + "\"" + (truth == said ? " class=\"dg\"" : ""), false});
    }
    table.rows.push_back(std::move(row));
  }
  block.tables.push_back(std::move(table));
  if (labels.size() > shown)
    block.notes.push_back(t.Fill("confusion.more", {{"count", double(labels.size() - shown)}}));
  return block;
}

void AddTest(const Facts& facts, Table& table, const View& comparison, const Inline& other) {
  const Language& t = facts.t;
  const auto low = comparison["low"].number();
  const auto high = comparison["high"].number();
  const auto difference = comparison["difference"].number();
  if (!low || !high || !difference) return;
  const double half = std::max((*high - *low) / 2, 1e-12);
  const auto p = comparison["p_value"].number();
  const bool better = comparison["better"].truth();
  const bool worse = *high < 0;
  const std::string word = t.Text(better ? "verdict.better" : worse ? "verdict.worse" : "verdict.not_shown");
  Cell verdict{Plain(word), Pill(better ? "good" : worse ? "bad" : "warn", word), "", false};
  table.rows.push_back(
      {{TextCell(other), NumberCell(t.Signed(*difference, half)),
        NumberCell(t.Text("number.span", {{"low", t.Signed(*low, half)}, {"high", t.Signed(*high, half)}})),
        NumberCell(p ? t.Probability(*p) : ""), verdict},
       "",
       ""});
}

Block Tests(const Facts& facts) {
  const Language& t = facts.t;
  Block block{t.Fill("tests.title"), t.Fill("tests.lede", {{"count", facts.test_rows}}), "", {}, {}, true};
  Table table;
  table.heads = {TextHead(t.Fill("tests.against")), NumberHead(Plain(facts.MetricName(facts.metric))),
                 NumberHead(t.Fill("column.interval")), NumberHead(t.Fill("column.p")),
                 TextHead(t.Fill("column.verdict"))};
  AddTest(facts, table, facts.run["test"]["better_than_baseline"], facts.BaselineName());
  if (const auto best = facts.BestSingle())
    AddTest(facts, table, facts.run["test"]["versus_best_single"], facts.ModelTitle(*best));
  block.tables.push_back(table);
  for (Row& row : table.rows) row.cells.back().text.clear();
  block.html = TableHtml(table);
  return block;
}

Block Metrics(const Facts& facts) {
  const Language& t = facts.t;
  Block block{t.Fill("metrics.title"), {}, "", {}, {}, true};
  block.tables.push_back(PerformanceTable(facts));
  return block;
}

Block Stages(const Facts& facts) {
  const Language& t = facts.t;
  Block block{t.Fill("stages.title"), {}, "", {}, {}, true};
  const View used = facts.run["used"];
  block.lede = t.Fill("stages.lede", {{"seconds", used["seconds"].number_or(0)},
                                      {"cpu", used["cpu_seconds"].number_or(0)},
                                      {"memory", t.Size(used["peak_memory_bytes"].number_or(0))}});
  double most = 0;
  const std::vector<View> stages = facts.run["detail"]["stages"].items();
  for (const View& stage : stages) most = std::max(most, stage["seconds"].number_or(0));
  const Scale scale{0, std::max(most, 1e-9) * 1.02};
  Table table;
  table.css = "rows stages";
  table.in_box = false;
  table.heads = {TextHead(t.Fill("column.stage")),
                 Head{t.Fill("column.time"), false, true, "mk", ""},
                 {},
                 Head{t.Fill("column.memory"), true, true, "", ""}};
  for (const View& stage : stages) {
    const auto seconds = stage["seconds"].number();
    if (!seconds) continue;
    const std::string key = "phase." + stage["phase"].text();
    table.rows.push_back(
        {{TextCell(t.Has(key) ? t.Fill(key) : Plain(stage["phase"].text())),
          {{}, RowMarks(scale, {}, 18).Bar(0, *seconds, "base").Svg(), "class=\"mk\"", false},
          {Plain(t.Span(*seconds)), "", "class=\"v r\"", false},
          {stage["peak_memory_bytes"].number() ? Plain(t.Size(*stage["peak_memory_bytes"].number())) : Inline{}, "",
           "class=\"v r faint\"", false}},
         "",
         ""});
  }
  block.tables.push_back(std::move(table));
  return block;
}

}  // namespace

Section SearchPart(const Facts& facts) {
  const Language& t = facts.t;
  Section section{"search", t.Fill("search.title"), {}, {}, {}};
  if (facts.run["leaderboard"].size() > 0) section.blocks.push_back(Candidates(facts));
  if (const auto counts = facts.Counts())
    section.blocks.push_back(Fourfold(facts, *counts));
  else if (facts.run["test"]["confusion"]["labels"].size() > 1)
    section.blocks.push_back(Matrix(facts));
  if (facts.run["test"]["better_than_baseline"].has()) section.blocks.push_back(Tests(facts));
  if (facts.run["test"]["metrics"].size() > 0) section.blocks.push_back(Metrics(facts));
  if (facts.run["detail"]["stages"].size() > 0) section.blocks.push_back(Stages(facts));
  return section;
}

}  // namespace tagwerk::report
