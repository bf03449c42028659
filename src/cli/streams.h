// The two streams of the command: what is a terminal, how wide, with colour or not. The only folder that
// writes to stdout and stderr.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "app/options.h"

namespace tagwerk::cli {

enum class Ink : std::uint8_t { kPlain, kRed, kYellow, kGreen, kCyan };

/// One output stream.
class Stream {
 public:
  Stream(std::FILE* file, const std::string& color_option);
  bool terminal() const { return terminal_; }
  bool color() const { return color_; }
  /// Returns the window's columns and rows; 80 x 24 if unknown.
  int Width() const;
  int Height() const;
  std::string Paint(std::string_view text, Ink ink) const;
  /// Writes and flushes. A closed pipe ends the process quietly (see main.cc).
  void Write(std::string_view text) const;

 private:
  std::FILE* file_;
  bool terminal_, color_;
};

/// Returns whether lines and bars may use characters beyond ASCII.
bool Utf8Locale();
/// Returns the display width of UTF-8 text (one column a code point; enough for what we print).
std::size_t DisplayWidth(std::string_view text);
std::string PadRight(std::string_view text, std::size_t width);
std::string PadLeft(std::string_view text, std::size_t width);
/// Cuts text to a width; the end becomes "...".
std::string Fit(std::string_view text, std::size_t width);

}  // namespace tagwerk::cli
