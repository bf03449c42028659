#include "features/derived.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/constants.h"
#include "features/column_room.h"

namespace tagwerk::features {

double Calculate(Operation operation, double a, double b) {
  double result = kNaN;
  switch (operation) {
    case Operation::kSum:
      result = a + b;
      break;
    case Operation::kDifference:
      result = a - b;
      break;
    case Operation::kProduct:
      result = a * b;
      break;
    case Operation::kRatio:
      result = a / b;
      break;
  }
  return std::isfinite(result) ? result : kNaN;
}

std::vector<OutputInfo> Arithmetic::Outputs(const std::vector<InputSpec>& inputs) const {
  constexpr const char* kSigns[] = {" + ", " - ", " * ", " / "};
  return {{inputs[first_].name + kSigns[int(operation_)] + inputs[second_].name, -1, 0}};
}

void Arithmetic::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                       model::MatrixColumn* out) const {
  const std::vector<double>&a = *inputs[first_].numbers, &b = *inputs[second_].numbers;
  std::vector<double>& values = NumbersIn(out[0], rows);
  for (std::size_t i = 0; i < rows; ++i) values[i] = Calculate(operation_, a[i], b[i]);
}

void Arithmetic::Save(model::ByteWriter& writer) const {
  writer.U8(static_cast<std::uint8_t>(operation_));
  writer.U32(first_);
  writer.U32(second_);
}

TransformPtr Arithmetic::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  const std::uint8_t operation = reader.U8();
  reader.Expect(operation < kOperations, "operation of two columns");
  const std::uint32_t first = LoadInputIndex(reader, inputs, table::Storage::kDouble);
  const std::uint32_t second = LoadInputIndex(reader, inputs, table::Storage::kDouble);
  if (!reader.ok()) return nullptr;
  return std::make_unique<Arithmetic>(static_cast<Operation>(operation), first, second);
}

std::size_t Pairs::Find(std::int32_t a, std::int32_t b) const {
  const std::pair<std::int32_t, std::int32_t> pair(std::max(a, -1), std::max(b, -1));
  const auto at = std::lower_bound(known.begin(), known.end(), pair);
  return at != known.end() && *at == pair ? std::size_t(at - known.begin()) : known.size();
}

std::vector<OutputInfo> CrossEncoding::Outputs(const std::vector<InputSpec>& inputs) const {
  const std::string name = inputs[pairs_.first].name + " x " + inputs[pairs_.second].name + ".target";
  if (classes_.empty()) return {{name, -1, 0}};
  std::vector<OutputInfo> out;
  for (const std::int32_t k : classes_) out.push_back({name + "[" + std::to_string(k) + "]", -1, 0});
  return out;
}

void CrossEncoding::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                          model::MatrixColumn* out) const {
  const std::vector<std::int32_t>&a = inputs[pairs_.first].levels, &b = inputs[pairs_.second].levels;
  const std::size_t width = prior_.size();
  std::vector<double*> columns;
  for (std::size_t k = 0; k < width; ++k) columns.push_back(NumbersIn(out[k], rows).data());
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t at = pairs_.Find(a[i], b[i]);
    for (std::size_t k = 0; k < width; ++k)
      columns[k][i] = at == pairs_.known.size() ? prior_[k] : values_[at * width + k];
  }
}

void CrossEncoding::Save(model::ByteWriter& writer) const {
  writer.U32(pairs_.first);
  writer.U32(pairs_.second);
  std::vector<std::int32_t> a, b;
  for (const auto& [first, second] : pairs_.known) {
    a.push_back(first);
    b.push_back(second);
  }
  writer.I32s(a);
  writer.I32s(b);
  writer.I32s(classes_);
  writer.Doubles(values_);
  writer.Doubles(prior_);
}

TransformPtr CrossEncoding::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  Pairs pairs;
  pairs.first = LoadInputIndex(reader, inputs, table::Storage::kString, true);
  pairs.second = LoadInputIndex(reader, inputs, table::Storage::kString, true);
  const std::vector<std::int32_t> a = reader.I32s(), b = reader.I32s();
  std::vector<std::int32_t> classes = reader.I32s();
  std::vector<double> values = reader.Doubles(), prior = reader.Doubles();
  if (!reader.ok()) return nullptr;
  reader.Expect(a.size() == b.size(), "pairs of a cross");
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) pairs.known.emplace_back(a[i], b[i]);
  reader.Expect(std::is_sorted(pairs.known.begin(), pairs.known.end()), "order of the pairs of a cross");
  reader.Expect(prior.size() == (classes.empty() ? 1 : classes.size()), "outputs of a cross");
  reader.Expect(values.size() == pairs.known.size() * prior.size(), "values of a cross");
  if (!reader.ok()) return nullptr;
  return std::make_unique<CrossEncoding>(std::move(pairs), std::move(classes), std::move(values), std::move(prior));
}

}  // namespace tagwerk::features
