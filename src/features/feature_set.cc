// Applying and loading a fitted list of transforms.
#include "features/feature_set.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "features/row_features.h"

namespace tagwerk::features {
namespace {

constexpr std::uint8_t kVersion = 2;         ///< 2: forms of values
constexpr std::size_t kParallelRows = 4096;  ///< below: one thread, the hand-over would cost more
constexpr std::size_t kMostExamples = 5;

void ForEach(const Context& context, std::size_t n, std::size_t rows, const std::function<void(std::size_t)>& body) {
  if (rows >= kParallelRows && context.pool != nullptr) {
    context.pool->For(n, body);
  } else {
    for (std::size_t i = 0; i < n; ++i) body(i);
  }
}

void AddExamples(std::vector<std::pair<std::string, std::int64_t>>& to,
                 const std::vector<std::pair<std::string, std::int64_t>>& from) {
  std::map<std::string, std::int64_t> counts(to.begin(), to.end());
  for (const auto& [text, rows] : from) counts[text] += rows;
  to.assign(counts.begin(), counts.end());
  std::stable_sort(to.begin(), to.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (to.size() > kMostExamples) to.resize(kMostExamples);
}

template <class Item>
Item* FindColumn(std::vector<Item>& items, const std::string& column) {
  const auto at = std::find_if(items.begin(), items.end(), [&](const Item& i) { return i.column == column; });
  return at == items.end() ? nullptr : &*at;
}

}  // namespace

void ApplyReport::Merge(const ApplyReport& other, bool same_rows) {
  for (const NewCategories& item : other.new_categories) {
    NewCategories* mine = FindColumn(new_categories, item.column);
    if (mine == nullptr) {
      new_categories.push_back(item);
    } else if (!same_rows) {
      mine->rows += item.rows;
      AddExamples(mine->examples, item.examples);
    }
  }
  for (const ChangedType& item : other.changed_types) {
    ChangedType* mine = FindColumn(changed_types, item.column);
    if (mine == nullptr) {
      changed_types.push_back(item);
    } else if (!same_rows) {
      mine->rows += item.rows;
      mine->unparsed += item.unparsed;
      AddExamples(mine->examples, item.examples);
    }
  }
  for (const std::string& column : other.missing_columns) {
    if (std::find(missing_columns.begin(), missing_columns.end(), column) == missing_columns.end()) {
      missing_columns.push_back(column);
    }
  }
}

FeatureSet::FeatureSet(std::vector<InputSpec> inputs, std::vector<TransformPtr> transforms)
    : inputs_(std::move(inputs)), transforms_(std::move(transforms)) {
  for (const TransformPtr& transform : transforms_) {
    first_output_.push_back(outputs_.size());
    for (OutputInfo& info : transform->Outputs(inputs_)) outputs_.push_back(std::move(info));
  }
}

Result<model::Matrix> FeatureSet::Apply(const Context& context, const table::Table& table, ApplyReport* report) const {
  const std::size_t rows = table.num_rows();
  std::vector<InputColumn> columns(inputs_.size());
  std::vector<ApplyReport> reports(report == nullptr ? 0 : inputs_.size());
  ForEach(context, inputs_.size(), rows,
          [&](std::size_t i) { columns[i] = ReadInput(inputs_[i], table, report == nullptr ? nullptr : &reports[i]); });
  for (const ApplyReport& part : reports) report->Merge(part, /*same_rows=*/true);
  return Transformed(context, columns, rows, {});
}

Result<model::Matrix> FeatureSet::Transformed(const Context& context, const std::vector<InputColumn>& columns,
                                              std::size_t rows,
                                              std::vector<std::vector<model::MatrixColumn>> made) const {
  std::vector<model::MatrixColumn> out(outputs_.size());
  ForEach(context, transforms_.size(), rows, [&](std::size_t t) {
    if (context.Stopped()) return;
    if (t < made.size() && !made[t].empty()) {
      std::move(made[t].begin(), made[t].end(), out.begin() + std::ptrdiff_t(first_output_[t]));
      return;
    }
    transforms_[t]->Apply(inputs_, columns, rows, out.data() + first_output_[t]);
  });
  if (context.Stopped()) return Error(Code::kCancelled, "interrupted", "interrupted while applying features");
  for (std::size_t j = 0; j < out.size(); ++j) {
    out[j].name = outputs_[j].name;
    out[j].source = outputs_[j].source;
    out[j].from_model = outputs_[j].from_model;
  }
  return model::Matrix(rows, std::move(out));
}

std::unique_ptr<RowFeatures> FittedFeatures::MakeRow() const { return nullptr; }

std::unique_ptr<RowFeatures> FeatureSet::MakeRow() const {
  return std::make_unique<RowFeatures>(inputs_, transforms_, outputs_);
}

void FeatureSet::Save(model::ByteWriter& writer) const {
  writer.U8(kVersion);
  writer.U64(inputs_.size());
  for (const InputSpec& input : inputs_) input.Save(writer);
  writer.U64(transforms_.size());
  for (const TransformPtr& transform : transforms_) SaveTransform(*transform, writer);
}

std::vector<std::string> FeatureSet::output_names() const {
  std::vector<std::string> names;
  for (const OutputInfo& info : outputs_) names.push_back(info.name);
  return names;
}

std::vector<std::string> FeatureSet::input_names() const {
  std::vector<std::string> names;
  for (const InputSpec& input : inputs_) names.push_back(input.name);
  return names;
}

Result<std::unique_ptr<FittedFeatures>> LoadFeatures(model::ByteReader& reader) {
  reader.Expect(reader.U8() == kVersion, "version of the features");
  std::vector<InputSpec> inputs;
  std::set<std::string> names;
  const std::uint64_t num_inputs = reader.CountOf(32);
  for (std::uint64_t i = 0; i < num_inputs && reader.ok(); ++i) {
    inputs.push_back(InputSpec::Load(reader));
    reader.Expect(names.insert(inputs.back().name).second, "two inputs of one name");
  }
  std::vector<TransformPtr> transforms;
  const std::uint64_t num_transforms = reader.CountOf(5);
  for (std::uint64_t i = 0; i < num_transforms && reader.ok(); ++i) {
    transforms.push_back(LoadTransform(reader, inputs));
  }
  if (!reader.ok()) return std::move(reader.Finish("features")).error();
  return std::make_unique<FeatureSet>(std::move(inputs), std::move(transforms));
}

}  // namespace tagwerk::features
