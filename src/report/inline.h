// Inline text: runs of plain, emphasised, loud (bad news) and code text. Everything a reader sees goes
// through here, and is escaped here and nowhere else - once for HTML, once for Markdown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tagwerk::report {

enum class Style : unsigned char { kPlain, kBold, kLoud, kCode, kName, kFaint };

struct Run {
  std::string text;
  Style style = Style::kPlain;
};
using Inline = std::vector<Run>;

/// Makes one run of a user's bytes shown as they are (labels, values): isolated against right-to-left text.
Inline Name(std::string text);
Inline Code(std::string text);
Inline Plain(std::string text);
Inline Faint(std::string text);
Inline operator+(Inline left, const Inline& right);

/// Makes a sentence of a clause: first letter large (unless it is a name), full stop at the end.
Inline Sentence(Inline clause);

/// Escapes & < > " ' and shows control characters as a box, so that no byte can leave its place.
std::string Escape(std::string_view text);
/// Cuts text beyond `limit` characters (not bytes) in the middle and marks the cut.
std::string Shorten(std::string_view text, std::size_t limit);

std::string Html(const Inline& text);
std::string PlainText(const Inline& text);
/// Markdown; in a table cell the bar is escaped and newlines become blanks.
std::string Markdown(const Inline& text);

}  // namespace tagwerk::report
