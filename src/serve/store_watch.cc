#include "serve/store_watch.h"

#include "base/text.h"
#include "store/serving.h"

namespace tagwerk::serve {
namespace {

constexpr double kAuditAgainSeconds = 10;

}  // namespace

Status TokenWatch::Look() {
  TW_TRY(store::Store * store, reader_.Get());
  if (store == nullptr) return Ok();
  auto keys = store::ReadTokenKeys(*store, UnixNow());
  if (!keys) {
    reader_.Close();
    return keys.error();
  }
  access_.Take(*keys);
  trouble_.Over();
  return Ok();
}

void TokenWatch::LookAgain() {
  if (const Status looked = Look(); !looked) trouble_.Tell(context_, looked.error());
}

void RefusalWatch::Write(bool rest) {
  if (refusals_.empty() || (!rest && Clock::now() < again_)) return;
  const auto written = [&]() -> Status {
    TW_TRY(const auto store, writer_.GetIfThere());
    return store ? refusals_.Write(*store, Clock::now(), rest) : Ok();
  }();
  if (written) return trouble_.Over();
  again_ = Clock::now() + ToDuration(kAuditAgainSeconds);
  trouble_.Tell(context_, written.error());
}

}  // namespace tagwerk::serve
