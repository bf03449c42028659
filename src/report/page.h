// What every page starts and ends with: one file, its style and script inside.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "report/language.h"

namespace tagwerk::report {

/// Finds a language; error language-unknown (exit 2).
Result<const Language*> FindLanguage(const std::string& name);
/// Writes everything up to <body class="...">. `css` is added to the style of all pages.
std::string PageStart(const Language& language, std::string_view title, std::string_view body_class,
                      std::string_view css = "");
/// Writes the script and the end.
std::string PageEnd();

}  // namespace tagwerk::report
