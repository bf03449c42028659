#include "report/inline.h"

#include <algorithm>

namespace tagwerk::report {

namespace {

constexpr std::size_t kLongest = 200;  // characters of one user's name that are shown

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::size_t Length(std::string_view text) {
  std::size_t length = 0;
  for (const char c : text) length += IsContinuation(c) ? 0 : 1;
  return length;
}

std::string MarkdownEscape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += ' ';
    else {
      if (std::string_view("\\`*_[]#|~").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

/// A code span whose fence is longer than any run of backticks inside (CommonMark 6.1).
std::string MarkdownCode(std::string_view text) {
  std::string inner;
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
    if (c == '|') inner += '\\';
    inner += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  if (inner.empty()) return "";
  const std::string fence(longest + 1, '`');
  const bool pad = inner.front() == '`' || inner.back() == '`';
  return fence + (pad ? " " : "") + inner + (pad ? " " : "") + fence;
}

}  // namespace

Inline Name(std::string text) { return {{std::move(text), Style::kName}}; }
Inline Code(std::string text) { return {{std::move(text), Style::kCode}}; }
Inline Plain(std::string text) { return {{std::move(text), Style::kPlain}}; }
Inline Faint(std::string text) { return {{std::move(text), Style::kFaint}}; }

Inline operator+(Inline left, const Inline& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Inline Sentence(Inline clause) {
  if (clause.empty()) return clause;
  std::string& first = clause.front().text;
  if (clause.front().style == Style::kPlain && !first.empty() && first[0] >= 'a' && first[0] <= 'z')
    first[0] = char(first[0] - 'a' + 'A');
  const std::string& last = clause.back().text;
  if (last.empty() || std::string_view(".!?:").find(last.back()) == std::string_view::npos)
    clause.push_back({".", Style::kPlain});
  return clause;
}

std::string Escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\n':
      case '\r':
      case '\t':
        out += ' ';
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
          out += "\xE2\x96\xA1";
        else
          out += c;
    }
  }
  return out;
}

std::string Shorten(std::string_view text, std::size_t limit) {
  const std::size_t length = Length(text);
  if (length <= limit || limit < 3) return std::string(text);
  const std::size_t head = (limit - 1) * 2 / 3;
  const std::size_t tail = limit - 1 - head;
  std::size_t at = 0;
  std::size_t head_end = text.size();
  std::size_t tail_start = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (IsContinuation(text[i])) continue;
    if (at == head) head_end = i;
    if (at == length - tail) tail_start = i;
    ++at;
  }
  return std::string(text.substr(0, head_end)) + "\xE2\x80\xA6" + std::string(text.substr(tail_start));
}

std::string Html(const Inline& text) {
  std::string out;
  for (const Run& run : text) {
    const std::string inner = Escape(Shorten(run.text, run.style == Style::kPlain ? 4000 : kLongest));
    switch (run.style) {
      case Style::kPlain:
        out += inner;
        break;
      case Style::kBold:
        out += "<b>" + inner + "</b>";
        break;
      case Style::kLoud:
        out += "<strong class=\"q\">" + inner + "</strong>";
        break;
      case Style::kCode:
        out += "<code>" + inner + "</code>";
        break;
      case Style::kName:
        out += "<bdi>" + inner + "</bdi>";
        break;
      case Style::kFaint:
        out += "<span class=\"faint\">" + inner + "</span>";
        break;
    }
  }
  return out;
}

std::string PlainText(const Inline& text) {
  std::string out;
  for (const Run& run : text) out += run.text;
  return out;
}

std::string Markdown(const Inline& text) {
  std::string out;
  for (const Run& run : text) {
    const std::string shown = Shorten(run.text, kLongest * (run.style == Style::kPlain ? 20 : 1));
    if (shown.empty()) continue;
    if (run.style == Style::kCode)
      out += MarkdownCode(shown);
    else if (run.style == Style::kBold || run.style == Style::kLoud)
      out += "**" + MarkdownEscape(shown) + "**";
    else
      out += MarkdownEscape(shown);
  }
  return out;
}

}  // namespace tagwerk::report
