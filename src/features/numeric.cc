// Apply halves of the numeric transforms.
#include "features/numeric.h"

#include <cmath>
#include <limits>

#include "features/column_room.h"

namespace tagwerk::features {

std::vector<OutputInfo> Number::Outputs(const std::vector<InputSpec>& inputs) const {
  return {{inputs[input_].name, static_cast<std::int32_t>(input_), 0}};
}

void Number::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t,
                   model::MatrixColumn* out) const {
  out[0].numeric = inputs[input_].numbers;
}

void Number::Save(model::ByteWriter& writer) const { writer.U32(input_); }

TransformPtr Number::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  return std::make_unique<Number>(LoadInputIndex(reader, inputs, table::Storage::kDouble));
}

double Scaler::operator()(double x) const {
  if (std::isnan(x)) return 0;
  const double t = log ? std::copysign(std::log1p(std::fabs(x)), x) : x;
  const double z = (t - center) * factor;
  if (std::isnan(z)) return 0;
  if (std::fabs(z) > 1e8) return std::copysign(3.0, z);  // the limit; also keeps infinities out
  return z / std::sqrt(1 + (z / 3) * (z / 3));
}

std::vector<OutputInfo> Scaled::Outputs(const std::vector<InputSpec>& inputs) const {
  std::vector<OutputInfo> out;
  const std::vector<OutputInfo> inner = inner_->Outputs(inputs);
  for (std::size_t k = 0; k < inner.size(); ++k) {
    if (scalers_[k].factor != 0) out.push_back(inner[k]);
    if (scalers_[k].indicator) out.push_back({inner[k].name + ".missing", inner[k].source, 0});
  }
  return out;
}

void Scaled::Apply(const std::vector<InputSpec>& specs, const std::vector<InputColumn>& inputs, std::size_t rows,
                   model::MatrixColumn* out) const {
  std::vector<model::MatrixColumn> raw(scalers_.size());
  inner_->Apply(specs, inputs, rows, raw.data());
  for (std::size_t k = 0; k < scalers_.size(); ++k) {
    const std::vector<double>& x = *raw[k].numeric;
    const Scaler& scale = scalers_[k];
    if (scale.factor != 0) {
      std::vector<double>& z = NumbersIn(*out++, rows);
      for (std::size_t i = 0; i < rows; ++i) z[i] = scale(x[i]);
    }
    if (scale.indicator) {
      std::vector<double>& missing = NumbersIn(*out++, rows);
      for (std::size_t i = 0; i < rows; ++i) missing[i] = std::isnan(x[i]) ? 1.0 : 0.0;
    }
  }
}

void Scaled::Save(model::ByteWriter& writer) const {
  SaveTransform(*inner_, writer);
  writer.U64(scalers_.size());
  for (const Scaler& scale : scalers_) {
    writer.U8(static_cast<std::uint8_t>((scale.log ? 1 : 0) + (scale.indicator ? 2 : 0)));
    writer.F64(scale.center);
    writer.F64(scale.factor);
  }
}

TransformPtr Scaled::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  TransformPtr inner = LoadTransform(reader, inputs, /*allow_scaled=*/false);
  if (!inner) return nullptr;
  std::vector<Scaler> scalers(reader.CountOf(17));
  for (Scaler& scale : scalers) {
    const std::uint8_t flags = reader.U8();
    scale.log = (flags & 1) != 0;
    scale.indicator = (flags & 2) != 0;
    scale.center = reader.F64();
    scale.factor = reader.F64();
    reader.Expect(flags < 4 && std::isfinite(scale.center) && std::isfinite(scale.factor), "scaler");
  }
  const std::vector<OutputInfo> outputs = inner->Outputs(inputs);
  reader.Expect(outputs.size() == scalers.size(), "number of scalers");
  for (const OutputInfo& output : outputs)
    reader.Expect(output.num_categories == 0 && !output.sparse, "scaled categories");
  return std::make_unique<Scaled>(std::move(inner), std::move(scalers));
}

std::vector<OutputInfo> Flag::Outputs(const std::vector<InputSpec>& inputs) const {
  return {{inputs[input_].name, static_cast<std::int32_t>(input_), 0}};
}

void Flag::Apply(const std::vector<InputSpec>&, const std::vector<InputColumn>& inputs, std::size_t rows,
                 model::MatrixColumn* out) const {
  const std::vector<std::int32_t>& levels = inputs[input_].levels;
  std::vector<double>& values = NumbersIn(out[0], rows);
  for (std::size_t i = 0; i < rows; ++i) {
    values[i] = levels[i] < 0 ? std::numeric_limits<double>::quiet_NaN() : values_[std::size_t(levels[i])];
  }
}

void Flag::Save(model::ByteWriter& writer) const {
  writer.U32(input_);
  writer.Doubles(values_);
}

TransformPtr Flag::Load(model::ByteReader& reader, const std::vector<InputSpec>& inputs) {
  const std::uint32_t input = LoadInputIndex(reader, inputs, table::Storage::kString, true);
  std::vector<double> values = reader.Doubles();
  if (!reader.ok()) return nullptr;
  reader.Expect(values.size() == std::size_t(inputs[input].levels.size()), "values of a flag");
  return std::make_unique<Flag>(input, std::move(values));
}

}  // namespace tagwerk::features
