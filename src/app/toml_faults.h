// Faults in a TOML file, each told with its place; the first one leads, the others follow as causes.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/toml.h"
#include "base/error.h"

namespace tagwerk::app {

class TomlFaults {
 public:
  explicit TomlFaults(std::string path) : path_(std::move(path)) {}

  void Add(const char* id, const std::string& message, const toml::node& node, std::vector<std::string> similar = {}) {
    Error error(Code::kInvalidArgument, id, message);
    error.In(path_, "column " + std::to_string(node.source().begin.column))
        .Line(std::int64_t(node.source().begin.line));
    if (!similar.empty()) error.Similar(std::move(similar));
    if (first_)
      first_->Cause(std::move(error));
    else
      first_ = std::move(error);
  }
  /// All faults, or nothing.
  std::optional<Error>& first() { return first_; }

 private:
  std::string path_;
  std::optional<Error> first_;
};

}  // namespace tagwerk::app
