// Dense entries by the tiled kernel, entries of categories by counting.
#include "learners/linear/gram.h"

#include <algorithm>

namespace tagwerk::learners::linear {
namespace {

struct Partial {
  std::vector<double> values, right, scaled;
  double target_square = 0;
};

void AddCategories(const Design& design, const Block& block, const double* weight, double* values) {
  const std::size_t width = design.width(), dense = design.dense(), cats = design.cats();
  for (std::size_t r = 0; r < block.rows; ++r) {
    const double w = weight[block.first + r];
    const double* z = block.z + r * dense;
    const std::uint32_t* active = block.active + r * cats;
    for (std::size_t c = 0; c < cats; ++c) {
      double* row = values + active[c] * width;
      AddScaled(w, z, dense, row);
      for (std::size_t d = c; d < cats; ++d) row[active[d]] += w;
    }
  }
}

void AddRight(const Design& design, const Block& block, const double* weight, const double* target, Partial& partial) {
  const std::size_t dense = design.dense(), cats = design.cats();
  for (std::size_t r = 0; r < block.rows; ++r) {
    const double t = target[block.first + r];
    const double wt = weight[block.first + r] * t;
    const double* z = block.z + r * dense;
    AddScaled(wt, z, dense, partial.right.data());
    for (std::size_t c = 0; c < cats; ++c) partial.right[block.active[r * cats + c]] += wt;
    partial.target_square += wt * t;
  }
}

/// The kernel fills the dense upper triangle, AddCategories rows of categories: [dense | later columns].
void Symmetrize(std::size_t dense, Gram& gram) {
  for (std::size_t i = 0; i < gram.width; ++i) {
    for (std::size_t j = i + 1; j < gram.width; ++j) {
      double& upper = gram.values[i * gram.width + j];
      double& lower = gram.values[j * gram.width + i];
      if (i < dense && j >= dense) {
        upper = lower;
      } else if (i >= dense) {
        // The idle feature and equal columns can leave sums on either side.
        upper = lower = upper + lower;
      } else {
        lower = upper;
      }
    }
  }
}

}  // namespace

bool ComputeGram(const Context& context, const Design& design, std::span<const double> weight,
                 std::span<const double> target, std::size_t step, Gram& gram) {
  const std::size_t width = design.width(), dense = design.dense();
  const std::size_t segments = Segments(design, width <= 128 ? 16 : (width <= 320 ? 8 : 2));
  std::vector<Partial> partials(segments);
  for (Partial& p : partials) {
    p.values.assign(width * width, 0.0);
    p.scaled.resize(Design::kBlockRows * dense);
    p.right.assign(target.empty() ? 0 : width, 0.0);
  }
  const bool complete = design.Visit(
      context, segments,
      [&](std::size_t s, const Block& block) {
        Partial& p = partials[s];
        for (std::size_t r = 0; r < block.rows; ++r) {
          const double w = weight[block.first + r];
          const double* z = block.z + r * dense;
          double* scaled = p.scaled.data() + r * dense;
          for (std::size_t i = 0; i < dense; ++i) scaled[i] = w * z[i];
        }
        AddOuterProducts(p.scaled.data(), block.z, block.rows, dense, p.values.data(), width);
        if (design.cats() > 0) AddCategories(design, block, weight.data(), p.values.data());
        if (!target.empty()) AddRight(design, block, weight.data(), target.data(), p);
      },
      step);
  if (!complete) return false;
  gram.width = width;
  gram.values = std::move(partials[0].values);
  gram.right = std::move(partials[0].right);
  gram.target_square = partials[0].target_square;
  for (std::size_t s = 1; s < segments; ++s) {
    for (std::size_t i = 0; i < gram.values.size(); ++i) gram.values[i] += partials[s].values[i];
    for (std::size_t i = 0; i < gram.right.size(); ++i) gram.right[i] += partials[s].right[i];
    gram.target_square += partials[s].target_square;
  }
  Symmetrize(dense, gram);
  return true;
}

std::size_t GramStep(const Design& design, double operations) {
  const auto dense = static_cast<double>(design.dense());
  const auto cats = static_cast<double>(design.cats());
  const double cost = static_cast<double>(design.rows()) * (dense * dense / 2 + cats * (dense + 4 * cats));
  return std::max<std::size_t>(1, static_cast<std::size_t>(cost / operations));
}

}  // namespace tagwerk::learners::linear
