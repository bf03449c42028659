#include "learners/trees/gradients.h"

#include <algorithm>
#include <cmath>

namespace tagwerk::learners::trees {

namespace {

constexpr double kTarget = 1 << 30;

struct Sums {
  double g = 0, h = 0;
};

Sums SumChunk(const GradientPlane& plane, model::RowSpan rows) {
  std::array<Sums, 4> lanes{};
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const GradientPair p = plane.real[rows[k]];
    lanes[k % 4].g += std::abs(p.g);
    lanes[k % 4].h += p.h;
  }
  return {(lanes[0].g + lanes[1].g) + (lanes[2].g + lanes[3].g), (lanes[0].h + lanes[1].h) + (lanes[2].h + lanes[3].h)};
}

}  // namespace

void Quantise(GradientPlane& plane, model::RowSpan rows, bool unit_hessian, Pool* pool) {
  std::vector<Sums> parts((rows.size() + kRowChunk - 1) / kRowChunk);
  ForChunks(pool, rows.size(),
            [&](std::size_t b, std::size_t e) { parts[b / kRowChunk] = SumChunk(plane, rows.subspan(b, e - b)); });
  Sums sum;
  for (const Sums& part : parts) {
    sum.g += part.g;
    sum.h += part.h;
  }
  plane.scale.g = sum.g > 0 ? sum.g / kTarget : 1;
  plane.scale.h = unit_hessian || sum.h <= 0 ? 1 : sum.h / kTarget;
  const auto to_g = static_cast<float>(1 / plane.scale.g);
  const auto to_h = static_cast<float>(1 / plane.scale.h);
  ForChunks(pool, rows.size(), [&](std::size_t b, std::size_t e) {
    for (std::size_t k = b; k < e; ++k) {
      const GradientPair p = plane.real[rows[k]];
      plane.packed[rows[k]] = Pack(std::lrintf(p.g * to_g), unit_hessian ? 1 : std::lrintf(p.h * to_h));
    }
  });
}

}  // namespace tagwerk::learners::trees
