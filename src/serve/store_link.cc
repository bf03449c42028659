#include "serve/store_link.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace tagwerk::serve {
namespace {

constexpr int kReadWaitMilliseconds = 1000;
constexpr int kWriteWaitMilliseconds = 2000;

}  // namespace

Result<std::string> FileIdentity(const std::string& path) {
  struct stat found{};
  if (path.empty()) return std::string();
  if (::stat(path.c_str(), &found) == 0) return std::to_string(found.st_dev) + " " + std::to_string(found.st_ino);
  if (errno == ENOENT || errno == ENOTDIR) return std::string();
  return Error(Code::kResourceExhausted, "store-not-writable",
               "the store cannot be seen: " + std::system_category().message(errno))
      .In(path)
      .Do("check the permissions of the folder, or name another with --store");
}

Result<store::Store*> StoreReader::Get() {
  TW_TRY(const std::string identity, FileIdentity(location_.path));
  if (store_ && identity == identity_) return store_.get();
  store_.reset();
  if (identity.empty()) return static_cast<store::Store*>(nullptr);
  auto opened = store::Store::Open(location_, store::Access::kRead);
  if (!opened && opened.error().id() == "store-older") {
    TW_RETURN_IF_ERROR(store::Store::Open(location_, store::Access::kWrite));  // lifts it
    opened = store::Store::Open(location_, store::Access::kRead);
  }
  if (!opened) return opened.error();
  if (!(*opened)->exists()) return static_cast<store::Store*>(nullptr);  // it went meanwhile
  store_ = std::move(*opened);
  store_->database().WaitAtMost(kReadWaitMilliseconds);
  identity_ = identity;
  return store_.get();
}

Result<store::Store*> StoreReader::GetOrEmpty() {
  TW_TRY(store::Store * store, Get());
  if (store != nullptr) return store;
  TW_TRY(empty_, store::Store::Open(location_, store::Access::kRead));
  return empty_.get();
}

Result<std::shared_ptr<store::Store>> StoreWriter::Get() {
  const std::lock_guard lock(mutex_);
  TW_TRY(const std::string identity, FileIdentity(location_.path));
  if (store_ && !identity.empty() && identity == identity_) return store_;
  store_.reset();
  TW_TRY(auto opened, store::Store::Open(location_, store::Access::kWrite));
  store_ = std::move(opened);
  store_->database().WaitAtMost(kWriteWaitMilliseconds);
  TW_TRY(identity_, FileIdentity(location_.path));
  return store_;
}

Result<std::shared_ptr<store::Store>> StoreWriter::GetIfThere() {
  TW_TRY(const std::string identity, FileIdentity(location_.path));
  if (identity.empty()) return std::shared_ptr<store::Store>();
  return Get();
}

void Trouble::Tell(const Context& context, const Error& error) {
  const std::string text = error.message() + (error.WhereText().empty() ? "" : ": " + error.WhereText());
  if (text == told_) return;
  told_ = text;
  context.Log(Level::kWarn, phase_, text);
}

}  // namespace tagwerk::serve
