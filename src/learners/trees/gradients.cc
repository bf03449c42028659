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
  const auto to_g = static_cast<float>(1 / plane.scale.g);
  const auto to_h = static_cast<float>(1 / plane.scale.h);
  const std::uint64_t seed = Mix64(rounding.seed);
  ForChunks(pool, rows.size(), [&](std::size_t b, std::size_t e) {
    for (std::size_t k = b; k < e; ++k) {
      const GradientPair p = plane.real[rows[k]];
      const auto up = coarse ? static_cast<float>(ToUnit(Mix64(seed ^ k))) : 0;
      const long g = coarse ? static_cast<long>(std::floor(p.g * to_g + up)) : std::lrintf(p.g * to_g);
      plane.packed[rows[k]] = Pack(g, rounding.unit_hessian ? 1 : std::lrintf(p.h * to_h));
    }
  });
}

}  // namespace tagwerk::learners::trees
