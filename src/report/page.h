// What every HTML page has around its content: style, marks, script; one file that needs nothing else.
#pragma once

#include <string>

#include "base/result.h"
#include "report/language.h"

namespace tagwerk::report {

/// Error: language-unknown (exit 2).
Result<const Language*> FindLanguage(const std::string& name);
/// `title`: plain text. `top` stands before <main>, `content` within it.
std::string Page(const Language& language, const std::string& title, const std::string& top,
                 const std::string& content);

}  // namespace tagwerk::report
