// TLS of a connection by OpenSSL: one context for the process, one stream a connection.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace tagwerk::serve {

/// What reading from or writing to a peer came to.
struct Transfer {
  enum class State : std::uint8_t { kOk, kWouldBlock, kClosed };
  State state = State::kOk;
  std::size_t bytes = 0;
};

class TlsStream {
 public:
  virtual ~TlsStream() = default;
  virtual Transfer Read(char* to, std::size_t room) = 0;
  virtual Transfer Write(const char* from, std::size_t size) = 0;
  virtual bool wants_write() const = 0;  ///< the handshake waits to send
  virtual void Close() = 0;              ///< says goodbye without waiting
};

class TlsContext {
 public:
  virtual ~TlsContext() = default;
  virtual std::unique_ptr<TlsStream> Accept(int descriptor) const = 0;
  /// TLS 1.2 and later. Errors: tls-files (3): a file is missing, damaged, or the key is another certificate's.
  static Result<std::unique_ptr<TlsContext>> Load(const std::string& certificates, const std::string& key);
};

}  // namespace tagwerk::serve
