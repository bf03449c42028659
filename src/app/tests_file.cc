// The tests file: TOML in, TOML with comments out. Every fault is told with its line.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/tests.h"
#include "app/toml.h"
#include "app/toml_faults.h"
#include "base/text.h"

namespace tagwerk::app {

namespace {

/// The keys of each family, and the checks it has.
struct Family {
  const char* name;
  std::vector<std::string> checks;
  std::vector<std::string> keys;
};
const std::vector<Family>& Families() {
  static const std::vector<Family> families = {
      {"data",
       {"range", "categories", "missing", "type", "unique", "rows"},
       {"check", "column", "columns", "low", "high", "allowed", "share", "at_least"}},
      {"quality", {}, {"require", "where"}},
      {"direction", {}, {"column", "by", "expect", "label", "tolerance", "share"}},
      {"invariance", {"row_order", "duplicates", "value", "case", "blanks"}, {"check", "column", "tolerance", "share"}},
      {"robustness",
       {"missing_column", "extra_column", "empty_column", "new_category", "extreme_values"},
       {"check", "column", "expect", "low", "high", "tolerance"}},
  };
  return families;
}

class TestsReader {
 public:
  explicit TestsReader(const std::string& path) : faults_(path) { out_.path = path; }

  Result<ModelTests> Read(const toml::table& root) {
    for (const auto& [name, node] : root) Top(std::string(name.str()), node);
    if (faults_.first()) return std::move(*faults_.first());
    std::stable_sort(out_.tests.begin(), out_.tests.end(),
                     [](const ModelTest& a, const ModelTest& b) { return a.line < b.line; });
    return std::move(out_);
  }

 private:
  void Fault(const std::string& message, const toml::node& node, std::vector<std::string> similar = {}) {
    faults_.Add("tests-file", message, node, std::move(similar));
  }

  void Top(const std::string& name, const toml::node& node) {
    if (name == "version") {
      if (node.value<std::int64_t>() != 1) Fault("version of the tests file is not 1", node);
    } else if (name == "source") {
      Text(node, name, out_.data);
    } else if (name == "rows") {
      const auto rows = node.value<std::int64_t>();
      if (!rows || *rows < 1 || *rows > 1'000'000) return Fault("rows is a whole number from 1 to 1,000,000", node);
      out_.rows = *rows;
    } else {
      const auto family =
          std::find_if(Families().begin(), Families().end(), [&](const Family& f) { return f.name == name; });
      if (family == Families().end()) {
        std::vector<std::string> known = {"version", "source", "rows"};
        for (const Family& f : Families()) known.emplace_back(f.name);
        return Fault("the tests file has no key: " + Quoted(name), node, SimilarNames(name, known));
      }
      const auto* list = node.as_array();
      if (list == nullptr) return Fault("tests are written as [[" + name + "]]", node);
      for (const auto& entry : *list) One(*family, entry);
    }
  }

  void One(const Family& family, const toml::node& entry) {
    const auto* section = entry.as_table();
    if (section == nullptr) return Fault("tests are written as [[" + std::string(family.name) + "]]", entry);
    ModelTest test;
    test.family = family.name;
    test.line = std::int64_t(entry.source().begin.line);
    for (const auto& [key, node] : *section) {
      const std::string name(key.str());
      if (std::find(family.keys.begin(), family.keys.end(), name) == family.keys.end())
        Fault("[[" + test.family + "]] has no key: " + Quoted(name), node, SimilarNames(name, family.keys));
      else
        Take(test, name, node);
    }
    Complete(family, test, entry);
    out_.tests.push_back(std::move(test));
  }

  void Take(ModelTest& test, const std::string& name, const toml::node& node) {
    if (name == "check") return Text(node, name, test.check);
    if (name == "expect") return Text(node, name, test.expect);
    if (name == "label") return Text(node, name, test.label);
    if (name == "require") return Text(node, name, test.require);
    if (name == "column") {
      test.columns.emplace_back();
      return Text(node, name, test.columns.back());
    }
    if (name == "columns") return Texts(node, name, test.columns);
    if (name == "allowed") return Texts(node, name, test.allowed);
    if (name == "low") return Number(node, name, test.low);
    if (name == "high") return Number(node, name, test.high);
    if (name == "by") return Number(node, name, test.by);
    if (name == "where") return Where(node, test);
    if (name == "at_least") {
      const auto rows = node.value<std::int64_t>();
      if (!rows || *rows < 0) return Fault("at_least is a whole number", node);
      test.at_least = *rows;
      return;
    }
    Share(node, name, name == "share" ? test.share : test.tolerance);
  }

  void Text(const toml::node& node, const std::string& name, std::string& into) {
    if (const auto text = node.value_exact<std::string>()) {
      into = *text;
      return;
    }
    Fault(name + " is a text in quotes", node);
  }

  void Texts(const toml::node& node, const std::string& name, std::vector<std::string>& into) {
    const auto* list = node.as_array();
    if (list == nullptr) return Fault(name + " is a list of texts", node);
    for (const auto& item : *list) {
      into.emplace_back();
      Text(item, name, into.back());
    }
  }

  void Number(const toml::node& node, const std::string& name, std::optional<double>& into) {
    into = node.value<double>();
    if (!into || !std::isfinite(*into)) Fault(name + " is a number", node);
  }

  /// A number, or a share in per cent ("5%").
  void Share(const toml::node& node, const std::string& name, double& into) {
    std::optional<double> value;
    if (const auto text = node.value_exact<std::string>()) {
      if (const auto share = ParseShare(*text, name)) value = *share;
    } else {
      value = node.value<double>();
    }
    if (!value || !std::isfinite(*value) || *value < 0 || (name == "share" && *value > 1))
      return Fault(name + (name == "share" ? " is a share from 0 to 1 or 0% to 100%" : " is a number of 0 or more"),
                   node);
    into = *value;
  }

  void Where(const toml::node& node, ModelTest& test) {
    const auto* pairs = node.as_table();
    if (pairs == nullptr || pairs->empty()) return Fault("where holds columns and values: { city = \"Bern\" }", node);
    for (const auto& [column, value] : *pairs) {
      std::string text;
      if (const auto exact = value.value_exact<std::string>())
        text = *exact;
      else if (const auto flag = value.value_exact<bool>())
        text = *flag ? "true" : "false";
      else if (const auto number = value.value<double>())
        text = Shortest(*number);
      else
        Fault("where holds columns and values: { city = \"Bern\" }", value);
      test.where.emplace_back(std::string(column.str()), text);
    }
  }

  /// Checks that a test has the keys it needs.
  void Complete(const Family& family, const ModelTest& test, const toml::node& entry) {
    const std::string which = "[[" + test.family + "]]";
    if (!family.checks.empty() &&
        std::find(family.checks.begin(), family.checks.end(), test.check) == family.checks.end())
      return Fault(which + " needs check, one of: " + Join(family.checks, ", "), entry,
                   SimilarNames(test.check, family.checks));
    const bool alone = test.check == "row_order" || test.check == "duplicates" || test.check == "extra_column" ||
                       test.check == "rows" || test.family == "quality";
    if (!alone && test.columns.empty()) return Fault(which + " needs a column", entry);
    if (test.columns.size() > 1 && test.check != "unique") return Fault(which + " takes one column", entry);
    if (test.check == "range" && !test.low && !test.high) return Fault("range needs low or high", entry);
    if (test.family == "quality" && test.require.empty())
      return Fault("[[quality]] needs require, as in \"auc.low >= 0.7\"", entry);
    if (test.family == "direction" && (!test.by || *test.by <= 0))
      return Fault("[[direction]] needs by, a number above 0", entry);
    if (test.family == "direction" && test.expect != "not_lower" && test.expect != "not_higher")
      return Fault("[[direction]] needs expect: not_lower or not_higher", entry);
    if (test.check == "missing_column" && test.expect != "refused" && test.expect != "scored")
      Fault("missing_column needs expect: refused or scored", entry);
  }

  ModelTests out_;
  TomlFaults faults_;
};

/// A TOML basic string.
std::string Text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + "\"";
}

std::string Number(double value) {
  const std::string text = Shortest(value);
  return text.find_first_of(".eE") == std::string::npos ? text + ".0" : text;
}

std::string Texts(const std::vector<std::string>& list) {
  std::string out = "[";
  for (std::size_t i = 0; i < list.size(); ++i) out += (i > 0 ? ", " : "") + Text(list[i]);
  return out + "]";
}

std::string One(const ModelTest& test) {
  std::string out;
  if (!test.note.empty()) out += "# " + Printable(test.note, 200) + "\n";
  out += "[[" + test.family + "]]\n";
  if (!test.check.empty()) out += "check = " + Text(test.check) + "\n";
  if (!test.require.empty()) out += "require = " + Text(test.require) + "\n";
  if (!test.where.empty()) {
    out += "where = {";
    for (std::size_t i = 0; i < test.where.size(); ++i)
      out += std::string(i > 0 ? ", " : " ") + Text(test.where[i].first) + " = " + Text(test.where[i].second);
    out += " }\n";
  }
  if (test.check == "unique")
    out += "columns = " + Texts(test.columns) + "\n";
  else if (!test.columns.empty())
    out += "column = " + Text(test.columns[0]) + "\n";
  if (test.low) out += "low = " + Number(*test.low) + "\n";
  if (test.high) out += "high = " + Number(*test.high) + "\n";
  if (test.at_least > 0) out += "at_least = " + std::to_string(test.at_least) + "\n";
  if (!test.allowed.empty()) out += "allowed = " + Texts(test.allowed) + "\n";
  if (test.by) out += "by = " + Number(*test.by) + "\n";
  if (!test.expect.empty()) out += "expect = " + Text(test.expect) + "\n";
  if (!test.label.empty()) out += "label = " + Text(test.label) + "\n";
  if (test.tolerance > 0) out += "tolerance = " + Number(test.tolerance) + "\n";
  if (test.share > 0) out += "share = " + Number(test.share) + "\n";
  return out + "\n";
}

}  // namespace

Result<ModelTests> ParseTests(const std::string& bytes, const std::string& path) {
  TW_TRY(const toml::table root, ParseToml(bytes, path));
  return TestsReader(path).Read(root);
}

std::string WriteTests(const ModelTests& tests, const std::string& model) {
  std::string out =
      "# Tests of " + Printable(model, 200) +
      ", proposed by tagwerk test --learn: edit them, add your own, delete what\n"
      "# does not matter. Each is a statement that held with room to spare when this file was written.\n"
      "# Run: tagwerk test MODEL [DATA]   (exit code 1 when one fails; all keys: docs/reference/tests.md)\n"
      "version = 1\n";
  if (!tests.data.empty())
    out += "source = " + Text(tests.data) + "   # read when no DATA is typed; relative to this file\n";
  out += "rows = " + std::to_string(tests.rows) + "   # at most so many rows for tests that predict again\n\n";
  std::string family;
  for (const ModelTest& test : tests.tests) {
    if (test.family != family) {
      family = test.family;
      out += family == "data"      ? "# ---- data: what arrives is what the model was taught on\n\n"
             : family == "quality" ? "# ---- quality: least scores, ends of the 95 % interval (.low, .high)\n\n"
             : family == "direction"
                 ? "# ---- direction: raising a column must not move the prediction the other way\n\n"
             : family == "invariance" ? "# ---- invariance: what must not matter\n\n"
                                      : "# ---- robustness: odd input\n\n";
    }
    out += One(test);
  }
  return out;
}

}  // namespace tagwerk::app
