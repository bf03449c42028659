// The page around a report: head, navigation, footer, style and script, all in one file.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "report/element.h"
#include "report/language.h"

namespace tagwerk::report {

/// Finds a language. Error: language-unknown (exit 2).
Result<const Language*> FindLanguage(const std::string& name);

/// Writes a page: `top` is what stands above the sections; empty sections are left out, the others are named
/// `nav.<id>` in the navigation.
std::string PageHtml(const Language& language, const std::string& title, const Inline& footer, const std::string& top,
                     const std::vector<const Section*>& sections);

}  // namespace tagwerk::report
