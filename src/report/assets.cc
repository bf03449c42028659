#include "report/assets.h"

namespace tagwerk::report {

std::string_view FindAsset(std::string_view name) {
  for (const Asset& asset : Assets())
    if (asset.name == name) return asset.content;
  return "";
}

}  // namespace tagwerk::report
