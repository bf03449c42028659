#include "learners/trees/lane_gradients.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace tagwerk::learners::trees {

namespace {

constexpr double kMostSum = 1 << 30;
constexpr float kMostStep = 32767;
constexpr std::size_t kDirections = 2 * kLaneGroup - 2;

struct Extent {
  double g = 0, h = 0;  // sums of sizes
  float most_g = 0, most_h = 0;
  void Take(const Extent& other) {
    g = std::max(g, other.g);
    h = std::max(h, other.h);
    most_g = std::max(most_g, other.most_g);
    most_h = std::max(most_h, other.most_h);
  }
};

/// Gradients and hessians of one row as the lanes have them.
class RowLanes {
 public:
  RowLanes(const LanePlane& plane, std::uint64_t seed)
      : plane_(plane), own_(plane.form.own_hessians), count_(own_ ? plane.outputs.size() : kDirections) {
    if (own_) return;
    const float size = 1 / std::sqrt(float(kDirections));
    for (std::size_t k = 0; k < plane.outputs.size(); ++k)
      for (std::size_t j = 0; j < kDirections; ++j)
        signs_.push_back((Mix64(seed, k * kDirections + j) & 1) != 0 ? size : -size);
  }
  std::size_t count() const { return count_; }
  std::size_t hessians() const { return own_ ? count_ : 1; }

  void Read(table::RowIndex row, float* g, float* h) const {
    if (own_) {
      for (std::size_t k = 0; k < count_; ++k) {
        g[k] = plane_.outputs[k].real[row].g;
        h[k] = plane_.outputs[k].real[row].h;
      }
      return;
    }
    std::fill_n(g, count_, 0.0f);
    h[0] = 0;
    for (std::size_t k = 0; k < plane_.outputs.size(); ++k) {
      const GradientPair p = plane_.outputs[k].real[row];
      const float* sign = signs_.data() + k * kDirections;
      for (std::size_t j = 0; j < kDirections; ++j) g[j] += p.g * sign[j];
      h[0] += p.h;
    }
    h[0] /= float(plane_.outputs.size());
  }

 private:
  const LanePlane& plane_;
  bool own_;
  std::size_t count_;
  std::vector<float> signs_;  // [output][direction]
};

Extent Measure(const RowLanes& lanes, model::RowSpan rows) {
  float g[kMostLanes], h[kMostLanes];
  std::vector<Extent> each(lanes.count());
  for (const table::RowIndex row : rows) {
    lanes.Read(row, g, h);
    for (std::size_t k = 0; k < lanes.count(); ++k) {
      each[k].g += std::abs(g[k]);
      each[k].most_g = std::max(each[k].most_g, std::abs(g[k]));
    }
    for (std::size_t k = 0; k < lanes.hessians(); ++k) {
      each[k].h += h[k];
      each[k].most_h = std::max(each[k].most_h, h[k]);
    }
  }
  Extent widest;
  for (const Extent& extent : each) widest.Take(extent);
  return widest;
}

}  // namespace

LaneForm LaneFormOf(std::size_t outputs) {
  if (outputs < kLaneGroup) return {kLaneGroup, true};
  return {2 * kLaneGroup, outputs < 2 * kLaneGroup};
}

void QuantiseLanes(LanePlane& plane, model::RowSpan rows, int levels, std::uint64_t seed, Pool* pool) {
  const RowLanes lanes(plane, Mix64(seed, 1));
  const std::size_t width = plane.form.lanes(), hessian = plane.form.own_hessians ? plane.form.gradients : width - 2;
  std::vector<Extent> parts((rows.size() + kRowChunk - 1) / kRowChunk);
  ForChunks(pool, rows.size(),
            [&](std::size_t b, std::size_t e) { parts[b / kRowChunk] = Measure(lanes, rows.subspan(b, e - b)); });
  Extent widest;
  for (const Extent& part : parts) {  // no output's sum is above the sum of the widest parts
    widest.g += part.g;
    widest.h += part.h;
    widest.most_g = std::max(widest.most_g, part.most_g);
    widest.most_h = std::max(widest.most_h, part.most_h);
  }
  const auto unit = [](double sum, float most) { return std::max(sum / kMostSum, double(most) / kMostStep); };
  const bool coarse =
      levels > 0 && widest.most_g > 0 && levels < kMostStep - 1 && double(rows.size()) * (levels + 1) < kMostSum;
  plane.scale.g = coarse ? double(widest.most_g) / levels : unit(widest.g, widest.most_g);
  plane.scale.h = unit(widest.h, widest.most_h);
  if (!(plane.scale.g > 0)) plane.scale.g = 1;
  if (!(plane.scale.h > 0)) plane.scale.h = 1;
  const auto to_g = static_cast<float>(1 / plane.scale.g), to_h = static_cast<float>(1 / plane.scale.h);
  const auto step = [](float x) { return static_cast<std::int16_t>(std::clamp(std::rint(x), -kMostStep, kMostStep)); };
  ForChunks(pool, rows.size(), [&](std::size_t b, std::size_t e) {
    float g[kMostLanes], h[kMostLanes];
    for (std::size_t k = b; k < e; ++k) {
      const table::RowIndex row = rows[k];
      lanes.Read(row, g, h);
      std::int16_t* to = plane.packed.data() + std::size_t(row) * width;
      for (std::size_t j = 0; j < lanes.count(); ++j) {
        const float up = coarse ? float(ToUnit(Mix64(seed, k, j + 2))) - 0.5f : 0;
        to[j] = step(g[j] * to_g + up);
      }
      for (std::size_t j = 0; j < lanes.hessians(); ++j) to[hessian + j] = step(h[j] * to_h);
      to[plane.form.counter()] = 1;
    }
  });
}

}  // namespace tagwerk::learners::trees
