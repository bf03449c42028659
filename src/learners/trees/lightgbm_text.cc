#include "learners/trees/lightgbm_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "learners/trees/lightgbm_forest.h"

namespace tagwerk::learners::trees {
namespace {

constexpr std::size_t kMostFeatures = 1'000'000, kMostLeaves = 1 << 20;

/// A run of `name=value` lines; the first fault is kept and ends all reading.
class Section {
 public:
  Section(std::string_view text, std::size_t line, std::string file, std::string title)
      : line_(line), file_(std::move(file)), title_(std::move(title)) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view row = text.substr(0, end);
      if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
      if (const auto equals = row.find('='); equals != std::string_view::npos)
        values_.emplace(row.substr(0, equals), row.substr(equals + 1));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  bool Has(std::string_view name) const { return values_.contains(name); }
  std::string_view Text(std::string_view name) const {
    const auto at = values_.find(name);
    return at == values_.end() ? std::string_view() : at->second;
  }
  std::vector<std::string_view> Words(std::string_view name) const {
    std::vector<std::string_view> words;
    std::string_view text = Text(name);
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      if (end > 0) words.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
  }
  /// Exactly `count` numbers; integers within [low, high], doubles not NaN.
  std::vector<double> Doubles(std::string_view name, std::size_t count) {
    std::vector<double> out;
    for (const std::string_view word : Words(name)) {
      double value = 0;
      const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value);
      const bool far = fault == std::errc::result_out_of_range;  // denormals of the text
      if ((fault != std::errc() && !far) || end != word.data() + word.size() || std::isnan(value))
        Damaged(std::string(name) + " holds no number: " + Quoted(word));
      out.push_back(far ? 0 : value);
    }
    if (out.size() != count)
      Damaged(std::string(name) + " has " + std::to_string(out.size()) + " values instead of " + std::to_string(count));
    out.resize(count);
    return out;
  }
  std::vector<std::int64_t> Integers(std::string_view name, std::size_t count, std::int64_t low, std::int64_t high) {
    std::vector<std::int64_t> out;
    for (const std::string_view word : Words(name)) {
      std::int64_t value = 0;
      const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), value);
      if (fault != std::errc() || end != word.data() + word.size() || value < low || value > high)
        Damaged(std::string(name) + " holds no whole number in its range: " + Quoted(word));
      out.push_back(std::clamp(value, low, high));
    }
    if (out.size() != count)
      Damaged(std::string(name) + " has " + std::to_string(out.size()) + " values instead of " + std::to_string(count));
    out.resize(count, low);
    return out;
  }
  std::int64_t Integer(std::string_view name, std::int64_t low, std::int64_t high) {
    return Integers(name, 1, low, high)[0];
  }
  void Damaged(const std::string& what) {
    if (!fault_)
      fault_ = Error(Code::kInvalidData, "import-damaged", "LightGBM model cannot be read: " + what)
                   .In(file_, title_)
                   .Line(std::int64_t(line_))
                   .Do("save the model again with save_model");
  }
  std::optional<Error>& fault() { return fault_; }

 private:
  std::map<std::string_view, std::string_view> values_;
  std::size_t line_;
  std::string file_, title_;
  std::optional<Error> fault_;
};

Error Unsupported(const std::string& file, const std::string& what) {
  return Error(Code::kInvalidArgument, "import-unsupported", "model cannot be expressed: " + what).In(file).ExitCode(2);
}

GivenTree ReadTree(Section& section, std::size_t features) {
  GivenTree tree;
  const auto leaves = std::size_t(section.Integer("num_leaves", 1, kMostLeaves));
  const std::size_t nodes = section.fault() ? 0 : leaves - 1;
  if (section.fault()) return tree;
  tree.leaf_value = section.Doubles("leaf_value", leaves);
  for (const double v : tree.leaf_value)
    if (!std::isfinite(v)) section.Damaged("leaf_value is not finite");
  if (nodes == 0) return tree;
  if (section.Has("leaf_count")) tree.leaf_count = section.Integers("leaf_count", leaves, 0, 1LL << 40);
  if (std::all_of(tree.leaf_count.begin(), tree.leaf_count.end(), [](std::int64_t n) { return n == 0; }))
    tree.leaf_count.clear();
  const auto most = std::int64_t(features) - 1;
  const auto feature = section.Integers("split_feature", nodes, 0, most);
  const auto kind = section.Integers("decision_type", nodes, 0, 255);
  const auto left = section.Integers("left_child", nodes, -std::int64_t(leaves), std::int64_t(nodes) - 1);
  const auto right = section.Integers("right_child", nodes, -std::int64_t(leaves), std::int64_t(nodes) - 1);
  const std::vector<double> threshold = section.Doubles("threshold", nodes);
  std::vector<double> gain(nodes, 0.0);
  if (section.Has("split_gain")) gain = section.Doubles("split_gain", nodes);
  const auto categories = section.Has("num_cat") ? std::size_t(section.Integer("num_cat", 0, std::int64_t(nodes))) : 0;
  if (section.fault()) return tree;
  std::vector<std::int64_t> bounds{0};
  std::vector<std::int64_t> words;
  if (categories > 0) {
    bounds = section.Integers("cat_boundaries", categories + 1, 0, 1 << 26);
    const bool ascends = bounds[0] == 0 && std::is_sorted(bounds.begin(), bounds.end());
    if (!ascends) section.Damaged("cat_boundaries do not ascend");
    if (section.fault()) return tree;
    words = section.Integers("cat_threshold", std::size_t(bounds.back()), 0, 0xffffffffLL);
  }
  if (section.fault()) return tree;
  for (std::size_t i = 0; i < nodes; ++i) {
    GivenNode node;
    node.feature = std::uint32_t(feature[i]);
    node.category = (kind[i] & 1) != 0;
    node.default_left = (kind[i] & 2) != 0;
    node.missing = static_cast<GivenMissing>(std::min<std::int64_t>((kind[i] >> 2) & 3, 2));
    node.left = std::int32_t(left[i]);
    node.right = std::int32_t(right[i]);
    node.threshold = threshold[i];
    node.gain = std::isfinite(gain[i]) ? gain[i] : 0;
    if (node.category) {
      const double set = threshold[i];
      if (!(set >= 0 && set < double(categories)) || set != std::floor(set)) {
        section.Damaged("a categorical split names no set");
        return tree;
      }
      const auto first = std::size_t(bounds[std::size_t(set)]), last = std::size_t(bounds[std::size_t(set) + 1]);
      for (std::size_t w = first; w < last; ++w)
        for (std::uint64_t bits = std::uint64_t(words[w]); bits != 0; bits &= bits - 1)
          node.goes_left.push_back(std::int64_t(32 * (w - first)) + std::countr_zero(bits));
    }
    tree.nodes.push_back(std::move(node));
  }
  return tree;
}

/// How sums become predictions; nothing when it cannot be expressed.
struct TextOutput {
  Transform transform = Transform::kIdentity;
  double scale = 1;
};
std::optional<TextOutput> OutputOf(const std::vector<std::string_view>& objective, std::size_t per_iteration) {
  if (objective.empty()) return per_iteration == 1 ? std::optional(TextOutput{}) : std::nullopt;
  const std::string_view name = objective[0];
  static const std::set<std::string_view> plain = {"regression", "regression_l1", "huber",      "fair",
                                                   "quantile",   "mape",          "lambdarank", "rank_xendcg"};
  static const std::set<std::string_view> exponential = {"poisson", "gamma", "tweedie"};
  const auto has = [&](std::string_view word) {
    return std::find(objective.begin(), objective.end(), word) != objective.end();
  };
  if (name == "multiclass") return per_iteration >= 2 ? std::optional(TextOutput{Transform::kSoftmax}) : std::nullopt;
  if (per_iteration != 1) return std::nullopt;
  if (plain.contains(name)) return TextOutput{has("sqrt") ? Transform::kSignedSquare : Transform::kIdentity};
  if (exponential.contains(name)) return TextOutput{Transform::kExponential};
  if (name != "binary" && name != "cross_entropy") return std::nullopt;
  TextOutput out{Transform::kLogistic};
  for (const std::string_view word : objective)
    if (word.starts_with("sigmoid:")) out.scale = ParseDouble(word.substr(8)).value_or(0);
  return out.scale > 0 && std::isfinite(out.scale) ? std::optional(out) : std::nullopt;
}

std::string LevelText(const Json& level) {
  if (level.is_string()) return level.get<std::string>();
  if (level.is_boolean()) return level.get<bool>() ? "true" : "false";
  if (level.is_number()) return Shortest(level.get<double>());
  return DumpJson(level);
}

/// "[0.1:3]" a range, "0:1:4" categories, "none" a column without splits.
Status ReadFeatures(Section& head, std::string_view tail, const std::string& file, LightGbmModel& model) {
  const auto count = std::size_t(head.Integer("max_feature_idx", 0, kMostFeatures - 1)) + 1;
  if (head.fault()) return *head.fault();
  const auto names = head.Words("feature_names"), infos = head.Words("feature_infos");
  if (names.size() != count || infos.size() != count) head.Damaged("names and columns do not agree");
  if (head.fault()) return *head.fault();
  std::vector<std::size_t> categories, unused;
  for (std::size_t f = 0; f < count; ++f) {
    ImportedFeature feature;
    feature.name = std::string(names[f]);
    const std::string_view info = infos[f];
    if (info == "none") {
      unused.push_back(f);
    } else if (info.starts_with("[")) {
      const auto colon = info.find(':');
      if (colon != std::string_view::npos && info.ends_with("]")) {
        feature.low = ParseDouble(info.substr(1, colon - 1)).value_or(kNaN);
        feature.high = ParseDouble(info.substr(colon + 1, info.size() - colon - 2)).value_or(kNaN);
      }
    } else {
      feature.category = true;
      categories.push_back(f);
    }
    model.features.push_back(std::move(feature));
  }
  const std::string_view key = "pandas_categorical:";
  const auto at = tail.rfind(key);
  if (at == std::string_view::npos) return Ok();
  std::string_view line = tail.substr(at + key.size());
  line = Trim(line.substr(0, line.find('\n')));
  if (line == "null" || line == "[]") return Ok();
  TW_TRY(const Json lists, ParseJson(line, file));
  if (!lists.is_array()) head.Damaged("pandas_categorical is no list");
  if (head.fault()) return *head.fault();
  if (lists.size() == categories.size() + unused.size()) {
    categories.insert(categories.end(), unused.begin(), unused.end());
    std::sort(categories.begin(), categories.end());
  }
  if (lists.size() != categories.size())
    return Unsupported(file, "which of the unused columns are categories cannot be told from the file");
  for (std::size_t i = 0; i < categories.size(); ++i) {
    ImportedFeature& feature = model.features[categories[i]];
    feature.category = true;
    std::set<std::string> known;
    for (const Json& level : lists[i]) {
      feature.levels.push_back(LevelText(level));
      if (!known.insert(feature.levels.back()).second)
        head.Damaged("two categories read alike: " + feature.levels.back());
    }
  }
  if (head.fault()) return *head.fault();
  return Ok();
}

std::size_t LinesIn(std::string_view text) { return std::size_t(std::count(text.begin(), text.end(), '\n')); }

}  // namespace

Result<LightGbmModel> ReadLightGbm(std::string_view text, const std::string& file) {
  const std::size_t first = text.find("\nTree="), end = text.find("\nend of trees");
  if (!text.starts_with("tree") || text.find("\nfeature_names=") == std::string_view::npos ||
      end == std::string_view::npos)
    return Error(Code::kInvalidData, "import-format", "file is not a text model of LightGBM")
        .In(file)
        .Do("write it with Booster.save_model(\"model.txt\")");
  Section head(text.substr(0, std::min(first, end)), 1, file, "head");
  LightGbmModel model;
  model.version = std::string(head.Text("version"));
  const auto objective = head.Words("objective");
  if (!objective.empty()) model.objective = std::string(objective[0]);
  const auto per_iteration = std::size_t(head.Integer("num_tree_per_iteration", 1, 10000));
  if (head.fault()) return *head.fault();
  const auto output = OutputOf(objective, per_iteration);
  if (!output)
    return Unsupported(file, "objective " + Quoted(Printable(head.Text("objective"), 60)) + " with " +
                                 std::to_string(per_iteration) + " trees an iteration");
  TW_RETURN_IF_ERROR(ReadFeatures(head, text.substr(end), file, model));
  std::vector<GivenTree> trees;
  std::size_t line = 1 + LinesIn(text.substr(0, std::min(first, end) + 1));
  for (std::size_t at = first; at < end;) {
    const std::size_t next = std::min(text.find("\nTree=", at + 1), end);
    Section section(text.substr(at + 1, next - at - 1), line, file, "tree " + std::to_string(trees.size()));
    line += LinesIn(text.substr(at + 1, next - at));
    if (section.Has("is_linear") && section.Text("is_linear") != "0") return Unsupported(file, "linear trees");
    trees.push_back(ReadTree(section, model.features.size()));
    if (section.fault()) return *section.fault();
    at = next;
  }
  if (trees.size() % per_iteration != 0) head.Damaged("trees are missing at the end");
  if (head.fault()) return *head.fault();
  double scale = output->scale;
  const bool average = text.substr(0, std::min(first, end)).find("\naverage_output") != std::string_view::npos;
  if (average && !trees.empty()) scale /= double(trees.size() / per_iteration);
  model.forest.transform = output->transform;
  model.classes = output->transform == Transform::kLogistic ? 2 : std::uint32_t(per_iteration == 1 ? 0 : per_iteration);
  model.forest.outputs = std::max<std::uint32_t>(1, model.classes);
  model.forest.start.assign(model.forest.scores(), 0.0);
  if (auto fault = BuildForest(trees, scale, model); !fault.empty()) {
    if (fault.starts_with("!")) return Unsupported(file, fault.substr(1));
    return Error(Code::kInvalidData, "import-damaged", "LightGBM model cannot be read: " + fault).In(file);
  }
  return model;
}

}  // namespace tagwerk::learners::trees
