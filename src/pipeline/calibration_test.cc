// Calibration against scikit-learn 1.x (IsotonicRegression, _sigmoid_calibration) and a bounded scalar
// minimiser for the temperature; choice by cross-fitted loss.
#include "pipeline/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/random.h"
#include "pipeline/calibration_fit.h"
#include "pipeline/logit.h"

namespace tagwerk::pipeline {
namespace {

using Kind = Calibration::Kind;

const std::vector<double> kX{0.51, 0.95, 0.14, 0.95, 0.31, 0.42, 0.83, 0.41, 0.55, 0.03, 0.75, 0.54, 0.33, 0.79, 0.3,
                             0.45, 0.13, 0.4,  0.2,  0.26, 0.75, 0.28, 0.49, 0.98, 0.96, 0.72, 0.54, 0.28, 0.16, 0.97};
const std::vector<double> kY{0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0, 1};

struct Binary {
  std::vector<double> probabilities;
  std::vector<std::size_t> rows;
  CalibrationData data(const std::vector<double>& truth) const { return {probabilities, truth, 2, rows}; }
};

Binary MakeBinary(const std::vector<double>& p) {
  Binary out;
  for (std::size_t i = 0; i < p.size(); ++i) {
    out.probabilities.insert(out.probabilities.end(), {1 - p[i], p[i]});
    out.rows.push_back(i);
  }
  return out;
}

TEST(Isotonic, EqualsScikitLearn) {
  std::vector<std::pair<double, double>> points;
  for (std::size_t i = 0; i < kX.size(); ++i) points.emplace_back(kX[i], kY[i]);
  std::sort(points.begin(), points.end());
  std::vector<double> x, y, knots_x, knots_y;
  for (const auto& [a, b] : points) {
    x.push_back(a);
    y.push_back(b);
  }
  PoolAdjacentViolators(x, y, knots_x, knots_y);
  const std::vector<double> want_x{0.03, 0.45, 0.49, 0.54, 0.55, 0.98};
  const std::vector<double> want_y{2.0 / 15, 2.0 / 15, 0.25, 0.25, 1, 1};
  ASSERT_EQ(knots_x, want_x);
  for (std::size_t i = 0; i < want_y.size(); ++i) EXPECT_NEAR(knots_y[i], want_y[i], 1e-15);
  const Binary b = MakeBinary(kX);
  const Calibration map = FitIsotonic(b.data(kY));
  std::vector<double> at{0.53, 0.47, 1, 0, 0.0, 1.0};  // p1 = 0.47 lies between two knots
  map.Apply(at, 2);
  EXPECT_NEAR(at[1], (2.0 / 15 + 0.25) / 2, 1e-12);
  EXPECT_NEAR(at[3], 2.0 / 15, 1e-12);
  EXPECT_NEAR(at[5], 1 - 1.0 / 32, 1e-12);  // never certain
  EXPECT_EQ(at[0] + at[1], 1);
}

TEST(Isotonic, IsMonotoneForAnyInput) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    std::vector<double> x, y, knots_x, knots_y;
    const std::size_t n = 1 + random.Below(50);
    for (std::size_t i = 0; i < n; ++i) {
      x.push_back(double(random.Below(20)) / 20);
      y.push_back(double(random.Below(2)));
    }
    std::sort(x.begin(), x.end());
    PoolAdjacentViolators(x, y, knots_x, knots_y);
    for (std::size_t i = 1; i < knots_x.size(); ++i) {
      EXPECT_GT(knots_x[i], knots_x[i - 1]);
      EXPECT_GE(knots_y[i], knots_y[i - 1]);
    }
  }
}

TEST(Platt, EqualsScikitLearn) {
  std::vector<double> clipped = kX;
  for (double& p : clipped) p = std::min(std::max(p, 0.01), 0.99);
  const Binary b = MakeBinary(clipped);
  const Calibration map = FitPlatt(b.data(kY));
  EXPECT_NEAR(map.a, 0.78566673, 1e-6);
  EXPECT_NEAR(map.b, -0.26556637, 1e-6);
  std::vector<double> row{0.4, 0.6};
  map.Apply(row, 2);
  EXPECT_NEAR(row[1], 1 / (1 + std::exp(-(map.a * std::log(1.5) + map.b))), 1e-15);
}

TEST(Temperature, MinimisesTheLogLoss) {
  std::vector<double> clipped = kX;
  for (double& p : clipped) p = std::min(std::max(p, 0.01), 0.99);
  EXPECT_NEAR(FitTemperature(MakeBinary(clipped).data(kY)).a, 1.0340763995545, 1e-6);
  const std::vector<double> p{0.44,  0.014, 0.546, 0.255, 0.609, 0.136, 0.217, 0.087, 0.696, 0.86,  0.026, 0.114,
                              0.837, 0.107, 0.056, 0.331, 0.489, 0.181, 0.349, 0.281, 0.37,  0.554, 0.134, 0.312,
                              0.027, 0.877, 0.096, 0.768, 0.17,  0.062, 0.435, 0.542, 0.023, 0.206, 0.206, 0.588,
                              0.521, 0.121, 0.358, 0.714, 0.226, 0.06,  0.537, 0.365, 0.098, 0.372, 0.059, 0.569,
                              0.159, 0.211, 0.63,  0.858, 0.057, 0.085, 0.178, 0.493, 0.329, 0.086, 0.243, 0.671};
  const std::vector<double> y{2, 2, 1, 1, 0, 1, 1, 0, 1, 0, 1, 2, 0, 0, 0, 0, 2, 0, 2, 2};
  const std::vector<std::size_t> rows{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
  const Calibration map = FitTemperature({p, y, 3, rows});
  EXPECT_NEAR(map.a, 0.8193676878273, 1e-6);
  std::vector<double> row{1, 0, 0};  // certainties stay finite and sum to 1
  map.Apply(row, 3);
  EXPECT_NEAR(row[0] + row[1] + row[2], 1, 1e-12);
  EXPECT_GT(row[0], 0.999);
}

/// Probabilities whose logit is `stretch` times too large.
std::vector<double> Overconfident(std::size_t n, double stretch, std::uint64_t seed, std::vector<double>& truth) {
  std::vector<double> p;
  truth.clear();
  for (std::size_t i = 0; i < n; ++i) {
    const double logit = 4 * ToUnit(Mix64(seed, i, 1)) - 2;
    truth.push_back(ToUnit(Mix64(seed, i, 2)) < Sigmoid(logit) ? 1 : 0);
    const double told = Sigmoid(stretch * logit);
    p.insert(p.end(), {1 - told, told});
  }
  return p;
}

TEST(ChooseCalibration, KeepsWhatIsCalibrated) {
  int kept = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<double> truth;
    const auto p = Overconfident(2000, 1, seed, truth);
    Json evidence;
    kept += ChooseCalibration(p, truth, 2, seed, &evidence).kind == Kind::kNone;
    EXPECT_EQ(evidence["candidates"][0]["name"], "none");
  }
  EXPECT_GE(kept, 15);
}

TEST(ChooseCalibration, CuresOverconfidence) {
  std::vector<double> truth;
  const auto p = Overconfident(4000, 3, 1, truth);
  Json evidence;
  const Calibration map = ChooseCalibration(p, truth, 2, 0, &evidence);
  EXPECT_NE(map.kind, Kind::kNone);
  EXPECT_EQ(evidence["chosen"], map.name());
  EXPECT_EQ(evidence["candidates"].size(), 4u);
  std::vector<double> row{1 - Sigmoid(3.0), Sigmoid(3.0)};
  map.Apply(row, 2);
  EXPECT_NEAR(row[1], Sigmoid(1.0), 0.06);
}

TEST(ChooseCalibration, IsotonicNeedsAThousandRowsOfEachClass) {
  std::vector<double> truth;
  const auto p = Overconfident(1500, 3, 2, truth);
  Json evidence;
  ChooseCalibration(p, truth, 2, 0, &evidence);
  for (const Json& candidate : evidence["candidates"]) EXPECT_NE(candidate["name"], "isotonic");
}

TEST(ChooseCalibration, LeavesTheBaseRateAloneAcrossTime) {
  // Every probability is 0.1 too low in the log-odds of one stretch of time: only Platt and isotonic would shift it.
  Random random(5);
  std::vector<double> p, truth;
  for (int i = 0; i < 6000; ++i) {
    const double logit = 2 * random.Normal();
    truth.push_back(random.Uniform() < 1 / (1 + std::exp(-logit - 1)) ? 1 : 0);
    const double said = 1 / (1 + std::exp(-logit));
    p.insert(p.end(), {1 - said, said});
  }
  Json evidence;
  EXPECT_NE(ChooseCalibration(p, truth, 2, 0, &evidence).kind, Kind::kTemperature);
  ChooseCalibration(p, truth, 2, 0, &evidence, true);
  EXPECT_EQ(evidence["candidates"].size(), 2u);
}

TEST(ChooseCalibration, TakesOddInputWithoutHarm) {
  EXPECT_EQ(ChooseCalibration({}, {}, 2, 0, nullptr).kind, Kind::kNone);
  std::vector<double> p, y;
  for (int i = 0; i < 200; ++i) {
    p.insert(p.end(), {0, 1});
    y.push_back(1);
  }
  EXPECT_EQ(ChooseCalibration(p, y, 2, 0, nullptr).kind, Kind::kNone);
  p[0] = p[1] = std::nan("");
  y[3] = std::nan("");
  EXPECT_EQ(ChooseCalibration(p, y, 2, 0, nullptr).kind, Kind::kNone);
}

TEST(Calibration, SavesAndLoadsEveryKind) {
  for (const Kind kind : {Kind::kNone, Kind::kTemperature, Kind::kPlatt, Kind::kIsotonic}) {
    Calibration map{kind, 1.5, -0.25, {}, {}};
    if (kind == Kind::kIsotonic) map.x = {0, 0.5, 1}, map.y = {0.1, 0.1, 0.75};
    model::ByteWriter writer;
    map.Save(writer);
    model::ByteReader reader(writer.bytes());
    const auto loaded = Calibration::Load(reader);
    ASSERT_TRUE(loaded.has_value());
    std::vector<double> a{0.3, 0.7}, b = a;
    map.Apply(a, 2);
    loaded->Apply(b, 2);
    EXPECT_EQ(a, b);
  }
  Calibration bad{Kind::kIsotonic, 1, 0, {0.5, 0.2}, {0.1, 0.2}};
  model::ByteWriter writer;
  bad.Save(writer);
  model::ByteReader reader(writer.bytes());
  EXPECT_FALSE(Calibration::Load(reader).has_value());
}

/// Classes c, a, b with the steps 0, 1, 2 (ranks 1, 2, 0): drawn from proportional odds in a hidden number, told by a
/// model that knows the number only roughly and spreads what it does not know evenly.
struct OrderedCase {
  std::vector<double> probabilities, truth;
  const std::vector<double> ranks{1, 2, 0};
};

OrderedCase MakeOrdered(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  OrderedCase out;
  for (std::size_t i = 0; i < n; ++i) {
    const double hidden = 2 * random.Normal();
    const double low = Sigmoid(-1 - hidden), mid = Sigmoid(1.5 - hidden);
    const double draw = random.Uniform();
    out.truth.push_back(draw < low ? 2 : draw < mid ? 0 : 1);
    const double p[3] = {mid - low, 1 - mid, low};
    for (const double v : p) out.probabilities.push_back(0.5 * v + 0.5 / 3);
  }
  return out;
}

TEST(Ordered, FollowsTheStepsAndIsChosenWhereTheyHelp) {
  const OrderedCase made = MakeOrdered(4000, 3);
  Json evidence;
  const Calibration map = ChooseCalibration(made.probabilities, made.truth, 3, 1, &evidence, false, made.ranks);
  EXPECT_EQ(map.name(), "ordered") << evidence.dump();
  EXPECT_GT(map.b, 0);
  std::vector<double> after = made.probabilities;
  map.Apply(after, 3);
  double before_loss = 0, loss = 0, share[3] = {0, 0, 0}, said[3] = {0, 0, 0};
  for (std::size_t i = 0; i < made.truth.size(); ++i) {
    const auto cls = std::size_t(made.truth[i]);
    before_loss -= std::log(made.probabilities[3 * i + cls]);
    loss -= std::log(after[3 * i + cls]);
    EXPECT_NEAR(after[3 * i] + after[3 * i + 1] + after[3 * i + 2], 1, 1e-12);
    share[cls] += 1;
    for (std::size_t k = 0; k < 3; ++k) said[k] += after[3 * i + k];
  }
  EXPECT_LT(loss, 0.9 * before_loss);
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(said[k], share[k], 0.02 * double(made.truth.size()));
  EXPECT_NE(ChooseCalibration(made.probabilities, made.truth, 3, 1, nullptr).name(), "ordered");
}

TEST(Ordered, IsKeptByTheFileAndRefusedWhenDamaged) {
  const OrderedCase made = MakeOrdered(500, 4);
  std::vector<std::size_t> rows(500);
  std::iota(rows.begin(), rows.end(), std::size_t(0));
  const Calibration map = FitOrdered({made.probabilities, made.truth, 3, rows, made.ranks});
  ASSERT_EQ(map.kind, Kind::kOrdered);
  model::ByteWriter writer;
  map.Save(writer);
  model::ByteReader reader(writer.bytes());
  const auto back = Calibration::Load(reader);
  ASSERT_TRUE(back.has_value());
  std::vector<double> a = made.probabilities, b = a;
  map.Apply(a, 3);
  back->Apply(b, 3);
  EXPECT_EQ(a, b);
  for (const auto& spoil : {+[](Calibration& c) { c.ranks[0] = c.ranks[1]; }, +[](Calibration& c) { c.x.pop_back(); },
                            +[](Calibration& c) { c.b = 2; }, +[](Calibration& c) { std::swap(c.x[0], c.x[1]); }}) {
    Calibration wrong = map;
    spoil(wrong);
    model::ByteWriter bad;
    wrong.Save(bad);
    model::ByteReader again(bad.bytes());
    EXPECT_FALSE(Calibration::Load(again).has_value());
  }
}

}  // namespace
}  // namespace tagwerk::pipeline
