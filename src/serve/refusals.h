// Requests that were refused for who asked, or how often: gathered, and written to the audit log so slowly that no
// attack fills a disk with it.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/context.h"
#include "base/error.h"
#include "serve/http.h"
#include "store/store.h"

namespace tagwerk::serve {

class Refusals {
 public:
  /// Any thread. `caller`: name of a token, or an address.
  void Note(const Error& error, int status, std::string_view caller, const Request& request);
  /// Writes what was gathered as far as the bound of 60 lines, and one more a minute, allows; the most frequent first.
  /// `rest`: all of it, at the end. What cannot be written is kept. Errors: those of the store.
  Status Write(store::Store& store, TimePoint now, bool rest);
  bool empty() const;

 private:
  struct Line {
    std::uint64_t count = 0;
    int status = 0;
    std::string path, address;   ///< of the first
    double first = 0, last = 0;  ///< Unix times
  };
  using Key = std::pair<std::string, std::string>;  ///< id of the error, caller
  void Add(const Key& key, const Line& line);

  mutable std::mutex mutex_;
  std::map<Key, Line> gathered_;
  double allowed_ = kMostAtOnce;
  TimePoint refilled_ = Clock::now();
  static constexpr double kMostAtOnce = 60;
};

}  // namespace tagwerk::serve
