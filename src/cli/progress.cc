#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <ctime>
#include <thread>

#include "base/json.h"
#include "base/text.h"

namespace tagwerk::cli {

namespace {

constexpr std::array<const char*, 4> kLevelNames = {"debug", "info", "warn", "error"};

std::string LocalTime() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S%z", &parts);
  std::string stamp = text.data();
  if (stamp.size() > 5) stamp.insert(stamp.size() - 2, ":");
  return stamp;
}

struct Row {
  int rank = 0;
  std::string model, score, difference, interval, folds, share, fit, latency;
  double sort_key = 0;
};

}  // namespace

std::string LogLine(const Event& event, bool json) {
  const char* const level = kLevelNames[std::size_t(event.level)];
  if (!json) return fmt::format("{} {:<5} {:<9} {}\n", LocalTime(), level, event.phase, event.text);
  return DumpJson(Json{{"time", LocalTime()}, {"level", level}, {"phase", event.phase}, {"message", event.text}}) +
         "\n";
}

struct Progress::Impl {
  Impl(const Stream& out, ProgressOptions wish) : stream(out), options(std::move(wish)) {}

  const Stream& stream;
  ProgressOptions options;
  std::mutex mutex;
  std::FILE* log_file = nullptr;
  std::string phase, now;
  std::vector<Row> rows;
  std::string metric_id;
  int trials = 0, pruned = 0, failed = 0;
  int drawn_lines = 0;
  double best = std::nan("");
  TimePoint last_draw{}, last_line = Clock::now();
  std::thread ticker;
  std::condition_variable wake;
  bool closing = false;

  void WriteLine(Level level, const std::string& at, const std::string& text) {
    const bool hidden = (options.quiet && level < Level::kWarn) || (level == Level::kDebug && !options.verbose);
    const std::string line = LogLine({level, at, text}, options.json_lines);
    if (log_file != nullptr) {
      std::fwrite(line.data(), 1, line.size(), log_file);
      std::fflush(log_file);
    }
    if (!hidden && !options.live) stream.Write(line);
    last_line = Clock::now();
  }

  void Erase() {
    if (drawn_lines == 0) return;
    stream.Write(fmt::format("\x1b[{}A\x1b[J", drawn_lines));
    drawn_lines = 0;
  }

  double SecondsLeft() const {
    return options.budget_seconds - std::chrono::duration<double>(Clock::now() - options.started).count();
  }

  std::string Bar(int width) const {
    const double share = std::clamp(1 - SecondsLeft() / options.budget_seconds, 0.0, 1.0);
    const int filled = int(share * width + 0.5);
    static const bool utf8 = Utf8Locale();
    std::string bar;
    for (int i = 0; i < width; ++i) bar += i < filled ? (utf8 ? "━" : "#") : (utf8 ? " " : ".");
    return "[" + bar + "]";
  }

  std::vector<std::string> Lines() const {
    const int width = std::max(20, stream.Width() - 1);
    const bool wide = width >= 119;
    std::vector<std::string> lines;
    const std::string left = Seconds(std::max(0.0, std::floor(SecondsLeft()))) + " left";
    if (phase != "search") {
      lines.push_back(" " + stream.Paint(">>", Ink::kCyan) + "  " + PadRight(phase, 9) + " " +
                      PadLeft(left, std::size_t(width) - 15));
      return lines;
    }
    std::string counts = "trial " + std::to_string(trials);
    if (wide && pruned > 0) counts += ", " + std::to_string(pruned) + " pruned";
    if (wide && failed > 0) counts += ", " + std::to_string(failed) + " failed";
    const int bar = std::clamp(width - 15 - int(counts.size()) - int(left.size()) - 6, 5, wide ? 49 : 36);
    std::string head = " " + stream.Paint(">>", Ink::kCyan) + "  search    " + Bar(bar) + "  " + counts;
    const std::size_t used = 14 + std::size_t(bar) + 4 + counts.size();
    lines.push_back(head + PadLeft(left, std::size_t(std::max(1, width - int(used)))));
    const int free_rows = stream.Height() - 6;
    if (rows.empty() || stream.Height() < 12) return lines;
    lines.push_back("");
    const std::string score_head = metric_id + " (validation)";
    const std::size_t tail = wide ? 75 : 44;
    const auto model_width = std::size_t(std::max(12, width - 5 - int(tail)));
    lines.push_back("  #  " + PadRight("model", model_width) + PadRight(score_head, 18) +
                    PadLeft("vs baseline", wide ? 27 : 13) + (wide ? PadLeft("folds", 7) + PadLeft("rows", 8) : "") +
                    PadLeft("fit", 9));
    for (std::size_t i = 0; i < rows.size() && i < 5 && int(i) < free_rows - 2; ++i) {
      const Row& row = rows[i];
      lines.push_back(PadLeft(std::to_string(i + 1), 3) + "  " +
                      PadRight(Fit(row.model, model_width - 1), model_width) + PadRight(row.score, 18) +
                      PadLeft(wide ? row.difference + " " + row.interval : row.difference, wide ? 27 : 13) +
                      (wide ? PadLeft(row.folds, 7) + PadLeft(row.share, 8) : "") + PadLeft(row.fit, 9));
    }
    const std::string hint = "Ctrl-C: end with the best";
    lines.push_back(" now " +
                    PadRight(Fit(now, std::size_t(std::max(4, width - 7 - int(hint.size())))),
                             std::size_t(std::max(4, width - 6 - int(hint.size())))) +
                    hint);
    return lines;
  }

  void Draw(bool force) {
    if (!options.live || phase.empty()) return;
    if (!force && Clock::now() - last_draw < std::chrono::milliseconds(100)) return;
    std::string text = drawn_lines > 0 ? fmt::format("\x1b[{}A\x1b[J", drawn_lines) : "";
    const auto lines = Lines();
    for (const std::string& line : lines) text += line + "\n";
    drawn_lines = int(lines.size());
    stream.Write(text);
    last_draw = Clock::now();
  }

  /// Redraws the clock twice a second, and writes a progress line every 10 s without a terminal.
  void Tick() {
    std::unique_lock lock(mutex);
    while (!closing) {
      wake.wait_for(lock, std::chrono::milliseconds(500));
      if (closing) return;
      if (options.live)
        Draw(false);
      else if (phase == "search" && Clock::now() - last_line >= std::chrono::seconds(10))
        WriteLine(Level::kInfo, "search", ProgressLine());
    }
  }

  std::string ProgressLine() const {
    std::string text = "trial " + std::to_string(trials);
    if (!rows.empty()) text += ", best " + metric_id + " " + rows[0].score + " (validation), " + rows[0].model;
    return text + ", " + Seconds(std::max(0.0, SecondsLeft())) + " left";
  }
};

Progress::Progress(const Stream& stream, ProgressOptions options)
    : impl_(std::make_unique<Impl>(stream, std::move(options))) {
  Impl& impl = *impl_;
  if (!impl.options.log_file.empty()) impl.log_file = std::fopen(impl.options.log_file.c_str(), "a");
  const std::string facts = "budget " + Seconds(impl.options.budget_seconds) + "   threads " +
                            std::to_string(impl.options.threads) + "   memory " + impl.options.memory_text;
  if (impl.options.live) {
    const auto width = std::size_t(std::max(20, stream.Width() - 1));
    const std::string title = "tagwerk run  " + impl.options.title;
    const std::size_t gap =
        DisplayWidth(title) + facts.size() + 3 <= width ? width - DisplayWidth(title) - facts.size() : 2;
    stream.Write(Fit(title + std::string(gap, ' ') + facts, width) + "\n");
  } else {
    impl.WriteLine(Level::kInfo, "run",
                   impl.options.title + ", budget " + Seconds(impl.options.budget_seconds) + ", threads " +
                       std::to_string(impl.options.threads) + ", memory " + impl.options.memory_text + ", seed " +
                       std::to_string(impl.options.seed));
  }
  impl.ticker = std::thread([&impl] { impl.Tick(); });
}

Progress::~Progress() {
  Close();
  if (impl_->log_file != nullptr) std::fclose(impl_->log_file);
}

void Progress::PhaseStarted(const std::string& phase) {
  std::lock_guard lock(impl_->mutex);
  impl_->phase = phase;
  impl_->Draw(true);
}

void Progress::PhaseDone(const std::string& phase, const std::string& text, double seconds) {
  std::lock_guard lock(impl_->mutex);
  Impl& impl = *impl_;
  impl.phase.clear();
  impl.WriteLine(Level::kInfo, phase, text + ", " + Seconds(seconds));
  if (!impl.options.live) return;
  impl.Erase();
  const auto width = std::size_t(std::max(20, std::min(impl.stream.Width() - 1, 119)));
  const std::string time = Seconds(seconds);
  const std::size_t room = width > 16 + time.size() ? width - 15 - time.size() : 10;
  impl.stream.Write(" " + impl.stream.Paint("ok", Ink::kGreen) + "  " + PadRight(phase, 9) + " " +
                    PadRight(Fit(text, room - 1), room) + time + "\n");
}

void Progress::TrialDone(const search::TrialRecord& trial, const metrics::Metric& metric) {
  std::lock_guard lock(impl_->mutex);
  Impl& impl = *impl_;
  impl.metric_id = metric.id;
  impl.trials = std::max(impl.trials, trial.trial);
  impl.pruned += trial.status == "pruned";
  impl.failed += trial.status == "failed";
  if (trial.status == "failed")
    impl.WriteLine(Level::kWarn, "search",
                   "trial " + std::to_string(trial.trial) + " failed: " + trial.title + ": " + trial.error);
  if (trial.status != "ok") return;
  const double half = (trial.high - trial.low) / 2;
  Row row;
  row.model = trial.title;
  row.score = Rounded(trial.score, half) + " +- " + Rounded(half, half);
  row.difference = Signed(trial.difference, (trial.difference_high - trial.difference_low) / 2);
  row.interval = "[" + Signed(trial.difference_low, half) + ", " + Signed(trial.difference_high, half) + "]";
  row.folds = std::to_string(trial.folds_done) + "/" + std::to_string(trial.folds);
  row.share = Percent(trial.rows_share);
  row.fit = Seconds(trial.fit_seconds);
  row.sort_key = metric.direction == Direction::kMaximize ? -trial.score : trial.score;
  const auto place = std::upper_bound(impl.rows.begin(), impl.rows.end(), row,
                                      [](const Row& a, const Row& b) { return a.sort_key < b.sort_key; });
  const bool best = place == impl.rows.begin();
  impl.rows.insert(place, row);
  if (impl.rows.size() > 20) impl.rows.pop_back();
  if (best) impl.WriteLine(Level::kInfo, trial.baseline ? "baseline" : "search", impl.ProgressLine());
  impl.Draw(best);
}

void Progress::Now(const std::string& what) {
  std::lock_guard lock(impl_->mutex);
  impl_->now = what;
  impl_->Draw(false);
}

void Progress::Log(const Event& event) {
  std::lock_guard lock(impl_->mutex);
  impl_->WriteLine(event.level, event.phase, event.text);
}

void Progress::Close() {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->closing) return;
    impl_->closing = true;
    if (impl_->options.live) impl_->Erase();
  }
  impl_->wake.notify_all();
  if (impl_->ticker.joinable()) impl_->ticker.join();
}

void Progress::Notice(const std::string& text) {
  std::lock_guard lock(impl_->mutex);
  if (impl_->options.live) impl_->Erase();
  impl_->stream.Write(text + "\n");
}

}  // namespace tagwerk::cli
