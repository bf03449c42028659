// The sample documents of the tests and a look at the HTML made of them; not part of the program.
#pragma once

#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"

namespace tagwerk::report {

inline std::string ReadSource(const std::string& path) {
  std::ifstream in(std::string(TAGWERK_SOURCE_DIR) + "/src/" + path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline Json Sample(const std::string& task) {
  auto json = ParseJson(ReadSource("report/testdata/" + task + ".json"), task);
  return json ? *json : Json();
}

inline const std::vector<std::string>& Tasks() {
  static const std::vector<std::string> tasks = {"binary", "multiclass", "regression"};
  return tasks;
}

inline std::size_t CountOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

/// Removes style and script, whose content is not markup.
inline std::string Markup(std::string html) {
  for (const std::string tag : {"style", "script"})
    for (std::size_t at = html.find("<" + tag + ">"); at != std::string::npos; at = html.find("<" + tag + ">"))
      html.erase(at, html.find("</" + tag + ">", at) + tag.size() + 3 - at);
  return html;
}

/// Walks the tags with a stack. Returns what is wrong, or "" when every tag is closed in order.
inline std::string Malformed(const std::string& html) {
  const std::string text = Markup(html);
  std::vector<std::string> open;
  std::size_t at = 0;
  while ((at = text.find('<', at)) != std::string::npos) {
    std::size_t end = at + 1;
    char quote = 0;
    for (; end < text.size() && (quote != 0 || text[end] != '>'); ++end) {
      if (quote != 0 && text[end] == quote)
        quote = 0;
      else if (quote == 0 && text[end] == '"')
        quote = '"';
      else if (quote == 0 && text[end] == '<')
        return "'<' inside a tag: " + text.substr(at, 80);
    }
    const std::string tag = text.substr(at + 1, end - at - 1);
    at = end;
    if (tag.empty()) return "empty tag";
    if (tag[0] == '!') continue;
    const std::string name = tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" \n", 1) - (tag[0] == '/' ? 1 : 0));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != name)
        return "closes " + name + " but open is " + (open.empty() ? "nothing" : open.back()) + " near " +
               text.substr(at > 90 ? at - 90 : 0, 90);
      open.pop_back();
    } else if (tag.back() != '/' && name != "meta") {
      if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != std::string::npos)
        return "odd tag: " + tag.substr(0, 60);
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "left open: " + open.back();
}

/// The words a reader sees: text between tags.
inline std::string Visible(const std::string& html) {
  const std::string text = Markup(html);
  std::string out;
  bool inside = false;
  for (const char c : text) {
    if (c == '<')
      inside = true;
    else if (c == '>')
      inside = false, out += out.ends_with(' ') ? "" : " ";
    else if (!inside && !(c == ' ' && out.ends_with(' ')))
      out += c;
  }
  return out;
}

}  // namespace tagwerk::report
