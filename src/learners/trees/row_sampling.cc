#include "learners/trees/row_sampling.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/random.h"

namespace tagwerk::learners::trees {

namespace {

using table::RowIndex;

// Sizes are counted in classes of a 32nd of an octave: the upper bits of a positive float.
constexpr int kShift = 18;
constexpr std::size_t kClasses = 0x7f800000U >> kShift;  // of finite floats
constexpr double kPenalty = 0.1;                         // lambda, in squared mean steps |g| / h

std::size_t ClassOf(float size) {
  return std::min<std::size_t>(std::bit_cast<std::uint32_t>(size) >> kShift, kClasses - 1);
}
double SizeOf(std::size_t c) {
  return std::bit_cast<float>(static_cast<std::uint32_t>((c << kShift) + (1U << (kShift - 1))));
}

/// A row's chance, by its size.
struct Chances {
  double threshold = 0;  // rows above are certain
  double below = 0;      // GOSS: the chance of the others; 0: proportional to their size
  double Of(double size) const {
    if (size >= threshold) return 1;
    return below > 0 ? below : size / threshold;
  }
};

using Counts = std::vector<std::uint64_t>;

// The sum of min(1, size / threshold) shall be `rows`.
Chances MinimalVariance(const Counts& counts, double rows) {
  double certain = 0, rest = 0;
  for (std::size_t c = 0; c < kClasses; ++c) rest += double(counts[c]) * SizeOf(c);
  for (std::size_t c = kClasses; c-- > 0;) {
    if (counts[c] == 0) continue;
    // With a threshold just below this class all of it is certain.
    const double more = certain + double(counts[c]), less = rest - double(counts[c]) * SizeOf(c);
    if (more + less / SizeOf(c) >= rows) return {rest / std::max(rows - certain, 1e-9), 0};
    certain = more;
    rest = less;
  }
  return {0, 0};
}

// Two thirds of the rows are those of largest size.
Chances Goss(const Counts& counts, double rows, double all) {
  double certain = 0;
  std::size_t c = kClasses;
  while (c > 0 && certain + double(counts[c - 1]) <= rows * 2 / 3) certain += double(counts[--c]);
  return {c < kClasses ? SizeOf(c) * (1 - 0.5 / 32) : SizeOf(kClasses - 1), (rows - certain) / (all - certain)};
}

class Sizes {
 public:
  Sizes(Sampling sampling, const GradientPlane& plane, model::RowSpan train)
      : plane_(plane), product_(sampling == Sampling::kGoss) {
    double g = 0, h = 0;
    for (const RowIndex r : train) {
      g += std::abs(plane.real[r].g);
      h += plane.real[r].h;
    }
    lambda_ = h > 0 ? static_cast<float>(kPenalty * (g / h) * (g / h)) : 0;
  }
  float operator()(RowIndex r) const {
    const GradientPair p = plane_.real[r];
    return product_ ? std::abs(p.g * p.h) : std::sqrt(p.g * p.g + lambda_ * p.h * p.h);
  }

 private:
  const GradientPlane& plane_;
  bool product_;
  float lambda_ = 0;
};

Counts CountSizes(const Sizes& size, model::RowSpan train, Pool* pool) {
  const std::size_t threads = pool != nullptr ? std::size_t(pool->threads()) : 1;
  std::vector<Counts> parts(threads, Counts(kClasses, 0));
  const auto count = [&](std::size_t t) {
    for (std::size_t k = t * train.size() / threads; k < (t + 1) * train.size() / threads; ++k) {
      ++parts[t][ClassOf(size(train[k]))];
    }
  };
  ForEach(pool, threads, count);
  for (std::size_t t = 1; t < threads; ++t) {
    for (std::size_t c = 0; c < kClasses; ++c) parts[0][c] += parts[t][c];
  }
  return parts[0];
}

}  // namespace

void SampleByGradient(Sampling sampling, double share, std::uint64_t seed, model::RowSpan train, Pool* pool,
                      GradientPlane& plane, std::vector<RowIndex>& in, std::vector<RowIndex>& out) {
  const Sizes size(sampling, plane, train);
  const Counts counts = CountSizes(size, train, pool);
  const double all = double(train.size()), rows = share * all;
  const Chances chances = sampling == Sampling::kGoss ? Goss(counts, rows, all) : MinimalVariance(counts, rows);
  const bool nothing = counts[0] == train.size();  // all gradients are 0
  std::vector<std::vector<RowIndex>> drawn((train.size() + kRowChunk - 1) / kRowChunk), left(drawn.size());
  ForChunks(pool, train.size(), [&](std::size_t b, std::size_t e) {
    for (std::size_t k = b; k < e; ++k) {
      const RowIndex r = train[k];
      const double chance = nothing ? share : chances.Of(size(r));
      if (ToUnit(Mix64(seed, r)) >= chance) {
        left[b / kRowChunk].push_back(r);
        continue;
      }
      drawn[b / kRowChunk].push_back(r);
      const auto weight = static_cast<float>(1 / chance);
      plane.real[r] = {plane.real[r].g * weight, plane.real[r].h * weight};
    }
  });
  in.clear();
  out.clear();
  for (const auto& part : drawn) in.insert(in.end(), part.begin(), part.end());
  for (const auto& part : left) out.insert(out.end(), part.begin(), part.end());
}

}  // namespace tagwerk::learners::trees
