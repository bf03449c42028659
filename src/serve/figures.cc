#include "serve/figures.h"

#include <fmt/format.h>

#include <iterator>
#include <map>

#include "app/version.h"

namespace tagwerk::serve {
namespace {

/// A value of a label: backslash, quote and line feed are escaped.
std::string LabelText(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n')
      out += "\\n";
    else
      out.push_back(c);
  }
  return out;
}

struct Sum {
  std::uint64_t count = 0, rows = 0;
};

}  // namespace

Figures::Figures(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) threads_.push_back(std::make_unique<Mine>());
}

void Figures::Count(const Response& response, double seconds, std::size_t thread) {
  Mine& mine = *threads_[thread];
  const std::lock_guard lock(mine.mutex);
  std::size_t bucket = 0;
  while (bucket < kBuckets.size() && seconds > kBuckets[bucket]) ++bucket;
  ++mine.buckets[bucket];
  mine.seconds += seconds;
  for (Answers& answers : mine.answers) {
    if (answers.model != response.model || answers.status != response.status) continue;
    ++answers.count;
    answers.rows += response.rows;
    return;
  }
  mine.answers.push_back({response.model, response.status, 1, response.rows});
}

void Figures::Write(const Shelf& shelf, std::size_t in_flight, std::size_t connections, std::string& out) const {
  std::map<std::pair<std::uint64_t, int>, Sum> sums;
  std::array<std::uint64_t, kBuckets.size() + 1> buckets{};
  double seconds = 0;
  for (const auto& mine : threads_) {
    const std::lock_guard lock(mine->mutex);
    for (const Answers& answers : mine->answers) {
      Sum& sum = sums[{answers.model, answers.status}];
      sum.count += answers.count;
      sum.rows += answers.rows;
    }
    for (std::size_t b = 0; b < buckets.size(); ++b) buckets[b] += mine->buckets[b];
    seconds += mine->seconds;
  }
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "# HELP tagwerk_build_info Version of the program.\n# TYPE tagwerk_build_info gauge\n");
  fmt::format_to(to, "tagwerk_build_info{{version=\"{}\"}} 1\n", app::kVersion);
  fmt::format_to(to, "# HELP tagwerk_requests_total Answers by model, version and status.\n");
  fmt::format_to(to, "# TYPE tagwerk_requests_total counter\n");
  std::map<std::pair<std::string, int>, std::uint64_t> rows;
  for (const auto& [key, sum] : sums) {
    const auto [name, version] = shelf.LabelOf(key.first);
    fmt::format_to(to, "tagwerk_requests_total{{model=\"{}\",version=\"{}\",code=\"{}\"}} {}\n", LabelText(name),
                   version == 0 ? "" : std::to_string(version), key.second, sum.count);
    if (key.first != 0) rows[{name, version}] += sum.rows;
  }
  fmt::format_to(to, "# HELP tagwerk_rows_total Rows predicted.\n# TYPE tagwerk_rows_total counter\n");
  for (const auto& [label, count] : rows)
    fmt::format_to(to, "tagwerk_rows_total{{model=\"{}\",version=\"{}\"}} {}\n", LabelText(label.first), label.second,
                   count);
  fmt::format_to(to, "# HELP tagwerk_request_seconds Time from a whole request to its answer.\n");
  fmt::format_to(to, "# TYPE tagwerk_request_seconds histogram\n");
  std::uint64_t below = 0;
  for (std::size_t b = 0; b < kBuckets.size(); ++b) {
    below += buckets[b];
    fmt::format_to(to, "tagwerk_request_seconds_bucket{{le=\"{}\"}} {}\n", kBuckets[b], below);
  }
  below += buckets.back();
  fmt::format_to(to, "tagwerk_request_seconds_bucket{{le=\"+Inf\"}} {}\n", below);
  fmt::format_to(to, "tagwerk_request_seconds_sum {}\ntagwerk_request_seconds_count {}\n", seconds, below);
  fmt::format_to(to, "# HELP tagwerk_in_flight Requests that worker threads have.\n# TYPE tagwerk_in_flight gauge\n");
  fmt::format_to(to, "tagwerk_in_flight {}\n", in_flight);
  fmt::format_to(to, "# HELP tagwerk_connections Open connections.\n# TYPE tagwerk_connections gauge\n");
  fmt::format_to(to, "tagwerk_connections {}\n", connections);
}

}  // namespace tagwerk::serve
