// XML read piece by piece (expat), as office files use it: no document types (so no entities of one's own), nesting and
// tag length bounded. Names come without their namespace prefix.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tagwerk::io {

/// The attributes of one tag; valid during the call.
class XmlAttributes {
 public:
  explicit XmlAttributes(const char** pairs) : pairs_(pairs) {}
  /// Returns the value of an attribute by its name without prefix; empty if there is none.
  std::string_view Get(std::string_view name) const;

 private:
  const char** pairs_;
};

class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual Status Start(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual Status End(std::string_view name) = 0;
  virtual void Text(std::string_view text) = 0;
};

class XmlParser {
 public:
  /// `path` names the file in errors.
  XmlParser(std::string path, XmlHandler& handler);
  ~XmlParser();
  XmlParser(const XmlParser&) = delete;
  XmlParser& operator=(const XmlParser&) = delete;

  /// Errors: workbook-unreadable and those of the handler.
  Status Feed(std::string_view piece);
  Status Finish();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

/// Parses a whole text.
Status ParseXml(const std::string& path, std::string_view text, XmlHandler& handler);

}  // namespace tagwerk::io
