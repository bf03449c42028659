#include "serve/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/files.h"

namespace tagwerk::serve {
namespace {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

class Stream final : public TlsStream {
 public:
  explicit Stream(std::unique_ptr<SSL, FreeSsl> ssl) : ssl_(std::move(ssl)) {}

  Transfer Read(char* to, std::size_t room) override {
    std::size_t bytes = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), to, room, &bytes);
    return Made(result, bytes);
  }
  Transfer Write(const char* from, std::size_t size) override {
    std::size_t bytes = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_.get(), from, size, &bytes);
    return Made(result, bytes);
  }
  bool wants_write() const override { return wants_write_; }
  void Close() override {
    ERR_clear_error();
    if (!failed_ && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  }

 private:
  Transfer Made(int result, std::size_t bytes) {
    wants_write_ = false;
    if (result == 1) return {Transfer::State::kOk, bytes};
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_WRITE:
        wants_write_ = true;
        return {Transfer::State::kWouldBlock, 0};
      case SSL_ERROR_WANT_READ:
        return {Transfer::State::kWouldBlock, 0};
      default:
        failed_ = true;
        return {Transfer::State::kClosed, 0};
    }
  }

  std::unique_ptr<SSL, FreeSsl> ssl_;
  bool wants_write_ = false, failed_ = false;
};

class Loaded final : public TlsContext {
 public:
  explicit Loaded(std::unique_ptr<SSL_CTX, FreeSsl> context) : context_(std::move(context)) {}

  std::unique_ptr<TlsStream> Accept(int descriptor) const override {
    std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context_.get()));
    if (!ssl || SSL_set_fd(ssl.get(), descriptor) != 1) return nullptr;
    SSL_set_accept_state(ssl.get());
    return std::make_unique<Stream>(std::move(ssl));
  }

 private:
  std::unique_ptr<SSL_CTX, FreeSsl> context_;
};

Error BadFiles(const std::string& file, const std::string& what) {
  char reason[256] = "";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, reason, sizeof reason);
  ERR_clear_error();
  Error error(Code::kInvalidData, "tls-files", what);
  error.In(file, reason);
  return error.Do("give PEM files: --tls-cert chain.pem --tls-key key.pem");
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::Load(const std::string& certificates, const std::string& key) {
  for (const std::string& file : {certificates, key}) TW_RETURN_IF_ERROR(MappedFile::Open(file));
  std::unique_ptr<SSL_CTX, FreeSsl> context(SSL_CTX_new(TLS_server_method()));
  if (!context) return Error(Code::kInternal, "internal", "OpenSSL gave no context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificates.c_str()) != 1)
    return BadFiles(certificates, "certificate is not a PEM chain");
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return BadFiles(key, "key is not a PEM private key");
  if (SSL_CTX_check_private_key(context.get()) != 1) return BadFiles(key, "key does not belong to the certificate");
  return std::unique_ptr<TlsContext>(std::make_unique<Loaded>(std::move(context)));
}

}  // namespace tagwerk::serve
