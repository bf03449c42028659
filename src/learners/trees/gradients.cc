#include "learners/trees/gradients.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace tagwerk::learners::trees {

namespace {

constexpr double kTarget = 1 << 30;

struct PlaneSums {
  double g = 0, h = 0;
  float most = 0;  // largest absolute gradient
};

PlaneSums SumChunk(const GradientPlane& plane, model::RowSpan rows) {
  std::array<PlaneSums, 4> lanes{};
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const GradientPair p = plane.real[rows[k]];
    lanes[k % 4].g += std::abs(p.g);
    lanes[k % 4].h += p.h;
    lanes[k % 4].most = std::max(lanes[k % 4].most, std::abs(p.g));
  }
  return {(lanes[0].g + lanes[1].g) + (lanes[2].g + lanes[3].g), (lanes[0].h + lanes[1].h) + (lanes[2].h + lanes[3].h),
          std::max(std::max(lanes[0].most, lanes[1].most), std::max(lanes[2].most, lanes[3].most))};
}

// Random rounding, of which every bit is given by the seed and the row's place.
void PackCoarse(GradientPlane& plane, model::RowSpan rows, bool unit_hessian, std::uint64_t seed, std::size_t first) {
  constexpr std::size_t kStretch = 256;
  float real[kStretch];
  std::int32_t steps[kStretch];
  const auto to_g = static_cast<float>(1 / plane.scale.g), to_h = static_cast<float>(1 / plane.scale.h);
  for (std::size_t at = 0; at < rows.size(); at += kStretch) {
    const model::RowSpan some = rows.subspan(at, std::min(kStretch, rows.size() - at));
    for (std::size_t k = 0; k < some.size(); ++k) real[k] = plane.real[some[k]].g;
    RoundRandomly(real, some.size(), to_g, seed, first + at, steps);
    for (std::size_t k = 0; k < some.size(); ++k) {
      const model::RowIndex row = some[k];
      plane.packed[row] = Pack(steps[k], unit_hessian ? 1 : std::lrintf(plane.real[row].h * to_h));
    }
  }
}

void PackFine(GradientPlane& plane, model::RowSpan rows, bool unit_hessian) {
  const auto to_g = static_cast<float>(1 / plane.scale.g), to_h = static_cast<float>(1 / plane.scale.h);
  for (const model::RowIndex row : rows) {
    const GradientPair p = plane.real[row];
    plane.packed[row] = Pack(std::lrintf(p.g * to_g), unit_hessian ? 1 : std::lrintf(p.h * to_h));
  }
}

}  // namespace

void Quantise(GradientPlane& plane, model::RowSpan rows, const Rounding& rounding, Pool* pool) {
  std::vector<PlaneSums> parts((rows.size() + kRowChunk - 1) / kRowChunk);
  ForChunks(pool, rows.size(),
            [&](std::size_t b, std::size_t e) { parts[b / kRowChunk] = SumChunk(plane, rows.subspan(b, e - b)); });
  PlaneSums sum;
  float most = 0;
  for (const PlaneSums& part : parts) {
    sum.g += part.g;
    sum.h += part.h;
    most = std::max(most, part.most);
  }
  plane.scale.g = sum.g > 0 ? sum.g / kTarget : 1;
  plane.scale.h = rounding.unit_hessian || sum.h <= 0 ? 1 : sum.h / kTarget;
  // Random rounding adds one step a row at most.
  const bool coarse = rounding.levels > 0 && most > 0 && double(rows.size()) * (rounding.levels + 1) < kTarget;
  if (coarse) plane.scale.g = double(most) / rounding.levels;
  const std::uint64_t seed = Mix64(rounding.seed);
  ForChunks(pool, rows.size(), [&](std::size_t b, std::size_t e) {
    const model::RowSpan some = rows.subspan(b, e - b);
    coarse ? PackCoarse(plane, some, rounding.unit_hessian, seed, b) : PackFine(plane, some, rounding.unit_hessian);
  });
}

}  // namespace tagwerk::learners::trees
