#include "cli/streams.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace tagwerk::cli {

namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool WantsColor(bool terminal, const std::string& option) {
  if (option == "always") return true;
  if (option == "never") return false;
  const std::string forced = Environment("FORCE_COLOR");
  if (!forced.empty() && forced != "0") return true;
  return terminal && Environment("NO_COLOR").empty() && Environment("TERM") != "dumb";
}

winsize Window(std::FILE* file) {
  winsize size{};
  if (::ioctl(::fileno(file), TIOCGWINSZ, &size) != 0) size = {};
  return size;
}

}  // namespace

Stream::Stream(std::FILE* file, const std::string& color_option)
    : file_(file), terminal_(::isatty(::fileno(file)) == 1), color_(WantsColor(terminal_, color_option)) {}

int Stream::Width() const {
  const int columns = Window(file_).ws_col;
  return columns > 0 ? columns : 80;
}

int Stream::Height() const {
  const int rows = Window(file_).ws_row;
  return rows > 0 ? rows : 24;
}

std::string Stream::Paint(std::string_view text, Ink ink) const {
  if (!color_ || ink == Ink::kPlain) return std::string(text);
  static constexpr const char* kCodes[] = {"0", "31", "33", "32", "36"};
  return "\x1b[" + std::string(kCodes[int(ink)]) + "m" + std::string(text) + "\x1b[0m";
}

void Stream::Write(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), file_);
  std::fflush(file_);
}

bool Utf8Locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = Environment(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  for (char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return width;
}

std::string PadRight(std::string_view text, std::size_t width) {
  std::string padded(text);
  const std::size_t shown = DisplayWidth(text);
  if (shown < width) padded.append(width - shown, ' ');
  return padded;
}

std::string PadLeft(std::string_view text, std::size_t width) {
  const std::size_t shown = DisplayWidth(text);
  return (shown < width ? std::string(width - shown, ' ') : "") + std::string(text);
}

std::string Fit(std::string_view text, std::size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  const std::size_t keep = width > 3 ? width - 3 : width;
  std::string cut;
  std::size_t shown = 0;
  for (char c : text) {
    const bool starts = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (starts && shown == keep) break;
    shown += starts;
    cut += c;
  }
  return width > 3 ? cut + "..." : cut;
}

}  // namespace tagwerk::cli
