// One client: its socket, what it sent, what it is answered.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "base/context.h"
#include "serve/request_parser.h"
#include "serve/tls.h"

namespace tagwerk::serve {

/// Bytes that grow at the end and are eaten at the front.
class Buffer {
 public:
  std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  /// Returns where at least `least` bytes can be put; room() says how many.
  char* Room(std::size_t least) {
    if (capacity_ - end_ < least) Grow(least);
    return data_.get() + end_;
  }
  std::size_t room() const { return capacity_ - end_; }
  void Filled(std::size_t bytes) { end_ += bytes; }
  void Eat(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Gives memory back when nothing is held.
  void Shrink(std::size_t keep) {
    if (begin_ != end_ || capacity_ <= keep) return;
    data_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  void Grow(std::size_t least) {
    const std::size_t held = end_ - begin_;
    if (begin_ > 0 && capacity_ - held >= least) {
      std::memmove(data_.get(), data_.get() + begin_, held);
    } else {
      const std::size_t wanted = std::max<std::size_t>({kLeast, 2 * capacity_, held + least});
      std::unique_ptr<char[]> data(new char[wanted]);
      if (held > 0) std::memcpy(data.get(), data_.get() + begin_, held);
      data_ = std::move(data);
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = held;
  }
  static constexpr std::size_t kLeast = 8 << 10;
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

struct Connection {
  enum class Phase : std::uint8_t {
    kIdle,     ///< between requests
    kReading,  ///< a request came in part
    kJob,      ///< a worker makes the answer
    kLinger,   ///< all is said; what the peer still sends is thrown away, so that it reads the answer
  };

  Connection(int descriptor, const HttpLimits& limits) : fd(descriptor), parser(limits) {}

  int fd;
  std::string peer;       ///< address of the client
  std::size_t place = 0;  ///< in the loop's list
  std::unique_ptr<TlsStream> tls;
  Phase phase = Phase::kIdle;
  TimePoint deadline;
  TimePoint asked;  ///< when the request was there
  Buffer in;
  std::string out;
  std::size_t written = 0;     ///< of out
  std::size_t charged = 0;     ///< bytes counted in the server's buffered bytes
  std::uint32_t interest = 0;  ///< events of epoll
  bool watched = false;        ///< known to epoll
  bool stalled = false;        ///< requests wait because the peer does not take its answers
  bool closing = false;        ///< after what is in `out`
  bool held = false;           ///< the loop will send what is in `out`
  RequestParser parser;
  Request request;
  Response response;
};

}  // namespace tagwerk::serve
