// What the server counts, and how Prometheus reads it. Each thread counts for itself; reading adds up.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "serve/http.h"
#include "serve/shelf.h"

namespace tagwerk::serve {

class Figures {
 public:
  explicit Figures(std::size_t threads);
  /// Counts an answer; called by `thread` only.
  void Count(const Response& response, double seconds, std::size_t thread);
  /// Writes the text format 0.0.4.
  void Write(const Shelf& shelf, std::size_t in_flight, std::size_t connections, std::string& out) const;

 private:
  static constexpr std::array<double, 15> kBuckets{0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                   0.025,   0.05,   0.1,     0.25,   0.5,   1,      10};
  struct Answers {
    std::uint64_t model = 0;
    int status = 0;
    std::uint64_t count = 0;
    std::uint64_t rows = 0;
  };
  struct alignas(64) Mine {
    std::mutex mutex;  ///< of one thread that counts and, now and then, one that reads
    std::vector<Answers> answers;
    std::array<std::uint64_t, kBuckets.size() + 1> buckets{};
    double seconds = 0;
  };
  std::vector<std::unique_ptr<Mine>> threads_;
};

}  // namespace tagwerk::serve
