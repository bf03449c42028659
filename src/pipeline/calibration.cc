// Applying, saving and loading calibration maps.
#include "pipeline/calibration.h"

#include <algorithm>
#include <cmath>

#include "pipeline/logit.h"

namespace tagwerk::pipeline {
namespace {

double Interpolate(const std::vector<double>& x, const std::vector<double>& y, double at) {
  if (!(at > x.front())) return y.front();
  if (at >= x.back()) return y.back();
  const auto upper = std::upper_bound(x.begin(), x.end(), at);
  const auto i = static_cast<std::size_t>(upper - x.begin());
  const double share = (at - x[i - 1]) / (x[i] - x[i - 1]);
  return y[i - 1] + share * (y[i] - y[i - 1]);
}

/// p_k^a / sum p^a, with the largest logarithm subtracted first.
void Temper(std::span<double> row, double a) {
  double largest = -1e300;
  for (double& p : row) largest = std::max(largest, p = a * std::log(ClipProbability(p)));
  double sum = 0;
  for (double& p : row) sum += p = std::exp(p - largest);
  for (double& p : row) p /= sum;
}

bool Ascending(const std::vector<double>& v, bool strictly) {
  for (std::size_t i = 1; i < v.size(); ++i) {
    if (!(strictly ? v[i] > v[i - 1] : v[i] >= v[i - 1])) return false;
  }
  return std::all_of(v.begin(), v.end(), [](double p) { return p >= 0 && p <= 1; });
}

}  // namespace

void Calibration::Apply(std::span<double> probabilities, int num_classes) const {
  if (kind == Kind::kNone) return;
  const auto width = static_cast<std::size_t>(num_classes);
  for (std::size_t i = 0; i + width <= probabilities.size(); i += width) {
    const std::span<double> row = probabilities.subspan(i, width);
    if (kind == Kind::kTemperature) {
      Temper(row, a);
    } else if (width == 2) {
      row[1] = kind == Kind::kPlatt ? Sigmoid(a * Logit(row[1]) + b) : Interpolate(x, y, row[1]);
      row[0] = 1 - row[1];
    }
  }
}

void Calibration::Save(model::ByteWriter& writer) const {
  writer.U8(static_cast<std::uint8_t>(kind));
  writer.F64(a);
  writer.F64(b);
  writer.Doubles(x);
  writer.Doubles(y);
}

Result<Calibration> Calibration::Load(model::ByteReader& reader) {
  Calibration out;
  const std::uint8_t kind = reader.U8();
  reader.Expect(kind <= std::uint8_t(Kind::kIsotonic), "kind of calibration");
  out.kind = static_cast<Kind>(reader.ok() ? kind : 0);
  out.a = reader.F64();
  out.b = reader.F64();
  out.x = reader.Doubles();
  out.y = reader.Doubles();
  reader.Expect(std::isfinite(out.a) && std::isfinite(out.b), "parameters of the calibration");
  reader.Expect(out.kind != Kind::kTemperature || out.a > 0, "temperature of the calibration");
  reader.Expect(out.x.size() == out.y.size() && (out.kind != Kind::kIsotonic || !out.x.empty()),
                "knots of the calibration");
  reader.Expect(Ascending(out.x, true) && Ascending(out.y, false), "order of the calibration's knots");
  if (!reader.ok()) return std::move(reader.Finish("calibration")).error();
  return out;
}

std::string Calibration::name() const {
  switch (kind) {
    case Kind::kNone:
      return "none";
    case Kind::kTemperature:
      return "temperature";
    case Kind::kPlatt:
      return "platt";
    case Kind::kIsotonic:
      return "isotonic";
  }
  return "none";
}

}  // namespace tagwerk::pipeline
