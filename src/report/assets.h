// The files compiled into the program: text catalogues, style sheet, script (see assets.cmake).
#pragma once

#include <span>
#include <string_view>

namespace tagwerk::report {

struct Asset {
  std::string_view name;  ///< "texts/en.json", "assets/report.css"
  std::string_view content;
};
std::span<const Asset> Assets();
std::string_view FindAsset(std::string_view name);  ///< "" when there is none

}  // namespace tagwerk::report
