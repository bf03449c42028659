// Rendering: from the stored run document (tagwerk.run/1 with `detail`) to report.html, card.md and
// Markdown. Computes nothing, reads nothing else; the same document gives the same bytes.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace tagwerk::report {

/// Languages with a catalogue in texts/: "en", "de", ...
std::vector<std::string> Languages();

/// Renders the self-contained HTML report. Error: language-unknown (exit 2).
Result<std::string> RenderHtml(const Json& run, const std::string& language);
/// Renders the model card (Markdown).
Result<std::string> RenderCard(const Json& run, const std::string& language);
/// Renders the report as Markdown.
Result<std::string> RenderMarkdown(const Json& run, const std::string& language);
/// Renders the run as an article for readers outside: self-contained HTML, or Markdown.
Result<std::string> RenderArticle(const Json& run, const std::string& language, bool markdown);
/// Renders the outcomes of `tagwerk test` (tagwerk.test/1) as one HTML page.
Result<std::string> RenderTests(const Json& tests, const std::string& language);
/// Renders a profile (tagwerk.profile/1, or tagwerk.profiles/1 of several files) as a self-contained page.
Result<std::string> RenderProfile(const Json& profile, const std::string& language);
/// Renders a finding's sentence in a language from its text_key and text_values; English as fallback.
std::string FindingText(const Json& finding, const std::string& language);

}  // namespace tagwerk::report
