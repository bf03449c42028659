// The page around what is rendered: head, navigation, footer, style and script, all in one file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "report/element.h"
#include "report/language.h"

namespace tagwerk::report {

/// Finds a language; error language-unknown (exit 2).
Result<const Language*> FindLanguage(const std::string& name);
/// Writes everything up to <body class="...">. `css` is added to the style of all pages.
std::string PageStart(const Language& language, std::string_view title, std::string_view body_class,
                      std::string_view css = "");
/// Writes the script and the end.
std::string PageEnd();

/// Writes a page around what is rendered already; `named` stand in the navigation as `nav.<id>`.
std::string FramedHtml(const Language& language, const std::string& title, const Inline& footer,
                       const std::string& body, const std::vector<const Section*>& named);
/// Writes a page: `top` is what stands above the sections; empty sections are left out, the others are named
/// `nav.<id>` in the navigation.
std::string PageHtml(const Language& language, const std::string& title, const Inline& footer, const std::string& top,
                     const std::vector<const Section*>& sections);

}  // namespace tagwerk::report
