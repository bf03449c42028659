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

/// Mixes a row with what the thresholds say of its expected step.
void Order(const Calibration& map, std::span<double> row) {
  double expected = 0;
  for (std::size_t k = 0; k < row.size(); ++k) expected += row[k] * map.ranks[k];
  const auto cumulative = [&](std::size_t step) {
    return step < map.x.size() ? Sigmoid(map.x[step] - map.a * expected) : 1.0;
  };
  for (std::size_t k = 0; k < row.size(); ++k) {
    const auto step = static_cast<std::size_t>(map.ranks[k]);
    const double said = cumulative(step) - (step == 0 ? 0 : cumulative(step - 1));
    row[k] += map.b * (std::max(said, 0.0) - row[k]);
  }
}

bool Climbs(const std::vector<double>& v, bool strictly) {
  for (std::size_t i = 1; i < v.size(); ++i) {
    if (!(strictly ? v[i] > v[i - 1] : v[i] >= v[i - 1])) return false;
  }
  return true;
}

/// Each whole number from 0 to n - 1 once.
bool AreRanks(std::vector<double> ranks) {
  std::sort(ranks.begin(), ranks.end());
  for (std::size_t i = 0; i < ranks.size(); ++i)
    if (ranks[i] != double(i)) return false;
  return true;
}

bool Ascending(const std::vector<double>& v, bool strictly) {
  if (!Climbs(v, strictly)) return false;
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
    } else if (kind == Kind::kOrdered && ranks.size() == width) {
      Order(*this, row);
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
  if (kind == Kind::kOrdered) writer.Doubles(ranks);
}

Result<Calibration> Calibration::Load(model::ByteReader& reader) {
  Calibration out;
  const std::uint8_t kind = reader.U8();
  reader.Expect(kind <= std::uint8_t(Kind::kOrdered), "kind of calibration");
  out.kind = static_cast<Kind>(reader.ok() ? kind : 0);
  out.a = reader.F64();
  out.b = reader.F64();
  out.x = reader.Doubles();
  out.y = reader.Doubles();
  const bool ordered = out.kind == Kind::kOrdered;
  if (ordered) out.ranks = reader.Doubles();
  reader.Expect(std::isfinite(out.a) && std::isfinite(out.b), "parameters of the calibration");
  reader.Expect(out.kind != Kind::kTemperature || out.a > 0, "temperature of the calibration");
  if (ordered) {
    reader.Expect(out.y.empty() && out.x.size() + 1 == out.ranks.size() && Climbs(out.x, true) && AreRanks(out.ranks) &&
                      out.b >= 0 && out.b <= 1,
                  "steps of the calibration");
  } else {
    reader.Expect(out.x.size() == out.y.size() && (out.kind != Kind::kIsotonic || !out.x.empty()),
                  "knots of the calibration");
    reader.Expect(Ascending(out.x, true) && Ascending(out.y, false), "order of the calibration's knots");
  }
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
    case Kind::kOrdered:
      return "ordered";
  }
  return "none";
}

}  // namespace tagwerk::pipeline
