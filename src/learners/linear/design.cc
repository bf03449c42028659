// Measuring columns, laying out features, packing rows.
#include "learners/linear/design.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tagwerk::learners::linear {
namespace {

/// Sums of a column about a shift, on values multiplied by a power of two.
struct Moments {
  double weight = 0, first = 0, second = 0;
};

bool Usable(double x) { return std::abs(x) <= std::numeric_limits<double>::max(); }

Moments Sum(const std::vector<double>& values, const model::Rows& rows, const std::vector<double>& weight,
            double factor, double shift) {
  // Four interleaved sums: independent additions, in an order that depends on the row count only.
  Moments part[4];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double x = values[rows[i]];
    if (!Usable(x)) continue;
    Moments& m = part[i & 3];
    const double d = x * factor - shift;
    const double wd = weight[i] * d;
    m.weight += weight[i];
    m.first += wd;
    m.second += wd * d;
  }
  return {(part[0].weight + part[1].weight) + (part[2].weight + part[3].weight),
          (part[0].first + part[1].first) + (part[2].first + part[3].first),
          (part[0].second + part[1].second) + (part[2].second + part[3].second)};
}

double FirstUsable(const std::vector<double>& values, const model::Rows& rows) {
  for (const model::RowIndex r : rows) {
    if (Usable(values[r])) return values[r];
  }
  return 0;
}

/// Mean and variance about a good shift; the second pass removes what the first shift cancelled.
void CenterAndVariance(const std::vector<double>& values, const model::Rows& rows, const std::vector<double>& weight,
                       double factor, double& center, double& variance) {
  double shift = FirstUsable(values, rows) * factor;
  Moments m = Sum(values, rows, weight, factor, shift);
  if (m.weight == 0) {
    center = variance = 0;
    return;
  }
  const double mean = m.first / m.weight;
  variance = m.second / m.weight - mean * mean;
  if (variance < 1e-3 * mean * mean) {
    shift += mean;
    m = Sum(values, rows, weight, factor, shift);
    const double rest = m.first / m.weight;
    variance = m.second / m.weight - rest * rest;
    center = shift + rest;
  } else {
    center = shift + mean;
  }
}

/// A power of two near a positive number.
double PowerOfTwo(double v) { return std::ldexp(1.0, std::ilogb(v)); }

}  // namespace

Design::Design(const Context& context, const model::Matrix& x, model::Rows rows, std::vector<double> weight)
    : x_(&x), rows_(std::move(rows)), weight_(std::move(weight)) {
  for (const double w : weight_) total_weight_ += w;
  Measure(context);
  LayOut();
}

Design::Design(const Design& features, model::Rows rows, std::vector<double> weight)
    : x_(features.x_),
      rows_(std::move(rows)),
      weight_(std::move(weight)),
      terms_(features.terms_),
      num_columns_(features.num_columns_),
      cat_columns_(features.cat_columns_),
      cat_first_(features.cat_first_),
      dense_(features.dense_),
      width_(features.width_),
      penalty_(features.penalty_) {
  for (const double w : weight_) total_weight_ += w;
}

void Design::Measure(const Context& context) {
  terms_.resize(x_->cols());
  context.pool->For(x_->cols(), [&](std::size_t j) { MeasureColumn(j); });
}

void Design::MeasureColumn(std::size_t j) {
  const model::MatrixColumn& column = x_->column(j);
  Term& term = terms_[j];
  term.sparse = column.sparse != nullptr;
  if (term.sparse) return;
  if (column.is_category()) {
    term.category = true;
    term.num_categories = column.num_categories;
    return;
  }
  const std::vector<double>& values = *column.numeric;
  double factor = 1, center = 0, variance = 0;
  CenterAndVariance(values, rows_, weight_, factor, center, variance);
  if (!std::isfinite(variance) || !std::isfinite(center) || variance < 1e-200) {
    // Squares may have overflowed or vanished: once more in units of the largest magnitude.
    double most = 0;
    for (const model::RowIndex r : rows_) {
      if (Usable(values[r])) most = std::max(most, std::abs(values[r]));
    }
    if (most < 1e-250) return;
    factor = PowerOfTwo(1 / most);
    CenterAndVariance(values, rows_, weight_, factor, center, variance);
  }
  // Rounding of the sums leaves about 1e-16 of the squared center: below it the column is constant.
  const double noise = 1e-15 * std::abs(center) + 1e-290;
  if (!(variance > noise * noise)) return;
  const double scale = PowerOfTwo(std::sqrt(variance));
  term.center = center / factor;
  term.inverse_scale = factor / scale;
  if (!std::isfinite(term.inverse_scale) || !std::isfinite(term.center)) term = Term();
}

void Design::LayOut() {
  std::size_t model_features = 0;
  for (std::size_t j = 0; j < terms_.size(); ++j) {
    terms_[j].first = model_features;
    if (terms_[j].sparse) continue;
    model_features += terms_[j].category ? static_cast<std::size_t>(terms_[j].num_categories) : 1;
    (terms_[j].category ? cat_columns_ : num_columns_).push_back(j);
  }
  dense_ = (num_columns_.size() + 1 + kLanes - 1) / kLanes * kLanes;
  penalty_.assign(dense_, 0.0);
  for (std::size_t i = 0; i < num_columns_.size(); ++i) {
    const double inverse = terms_[num_columns_[i]].inverse_scale;
    // The limits keep sums of penalties finite; beyond them the data or the penalty decides alone.
    penalty_[i] = inverse == 0 ? 1.0 : std::clamp(inverse * inverse, 1e-100, 1e100);
  }
  width_ = dense_;
  for (const std::size_t j : cat_columns_) {
    cat_first_.push_back(width_);
    width_ += static_cast<std::size_t>(terms_[j].num_categories);
  }
  ++width_;  // the idle feature that unknown categories point to
  penalty_.resize(width_, 1.0);
}

void Design::Pack(std::size_t first, std::size_t count, double* z, std::uint32_t* active) const {
  // Groups of columns that fill one cache line of the packed rows; positions beyond the columns read
  // nothing and keep 0, but for the 1 of the intercept.
  const model::RowIndex* rows = rows_.data() + first;
  for (std::size_t group = 0; group < dense_; group += kLanes) {
    const double* values[kLanes];
    Term terms[kLanes];
    const std::size_t used = std::min(kLanes, num_columns_.size() - std::min(group, num_columns_.size()));
    for (std::size_t i = 0; i < used; ++i) {
      values[i] = x_->column(num_columns_[group + i]).numeric->data();
      terms[i] = terms_[num_columns_[group + i]];
    }
    for (std::size_t r = 0; r < count; ++r) {
      double* to = z + r * dense_ + group;
      for (std::size_t i = 0; i < used; ++i) to[i] = ScaledValue(terms[i], values[i][rows[r]]);
      for (std::size_t i = used; i < kLanes; ++i) to[i] = group + i == intercept() ? 1.0 : 0.0;
    }
  }
  const auto idle = static_cast<std::uint32_t>(width_ - 1);
  for (std::size_t c = 0; c < cat_columns_.size(); ++c) {
    const std::int32_t* codes = x_->column(cat_columns_[c]).codes->data();
    const std::int32_t categories = terms_[cat_columns_[c]].num_categories;
    for (std::size_t r = 0; r < count; ++r) {
      const std::int32_t code = codes[rows_[first + r]];
      const bool known = code >= 0 && code < categories;
      active[r * cats() + c] =
          known ? static_cast<std::uint32_t>(cat_first_[c]) + static_cast<std::uint32_t>(code) : idle;
    }
  }
}

void Design::Keep(const Context& context, std::uint64_t bytes) {
  if (rows_.size() * (dense_ * sizeof(double) + cats() * sizeof(std::uint32_t)) > bytes) return;
  std::vector<double> z(rows_.size() * dense_);
  std::vector<std::uint32_t> active(rows_.size() * cats());
  context.pool->For(num_blocks(), [&](std::size_t b) {
    const std::size_t first = b * kBlockRows;
    Pack(first, std::min(kBlockRows, rows_.size() - first), z.data() + first * dense_, active.data() + first * cats());
  });
  kept_z_ = std::move(z);
  kept_active_ = std::move(active);
}

Block Design::Get(std::size_t b, std::vector<double>& z, std::vector<std::uint32_t>& active) const {
  Block block;
  block.first = b * kBlockRows;
  block.rows = std::min(kBlockRows, rows_.size() - block.first);
  if (!kept_z_.empty()) {
    block.z = kept_z_.data() + block.first * dense_;
    block.active = kept_active_.data() + block.first * cats();
    return block;
  }
  z.resize(kBlockRows * dense_);
  active.resize(kBlockRows * cats());
  Pack(block.first, block.rows, z.data(), active.data());
  block.z = z.data();
  block.active = active.data();
  return block;
}

void Design::Export(std::span<const double> theta, std::size_t margins, GlmParts& parts) const {
  parts.terms = terms_;
  parts.names.clear();
  for (const model::MatrixColumn& column : x_->columns()) parts.names.push_back(column.name);
  parts.width = (num_columns_.size() + width_ - 1) - dense_;
  parts.coefficients.assign(margins * parts.width, 0.0);
  parts.intercepts.assign(margins, 0.0);
  for (std::size_t m = 0; m < margins; ++m) {
    const double* from = theta.data() + m * width_;
    double* to = parts.coefficients.data() + m * parts.width;
    parts.intercepts[m] = from[intercept()];
    for (std::size_t i = 0; i < num_columns_.size(); ++i) {
      const Term& term = terms_[num_columns_[i]];
      if (term.inverse_scale != 0) to[term.first] = from[i];
    }
    for (std::size_t c = 0; c < cat_columns_.size(); ++c) {
      const Term& term = terms_[cat_columns_[c]];
      std::copy_n(from + cat_first_[c], term.num_categories, to + term.first);
    }
  }
}

void Design::MeasureSpread(const Context& context, GlmParts& parts) const {
  const std::size_t segments = Segments(*this, 16);
  std::vector<std::vector<double>> sums(segments, std::vector<double>(2 * width_, 0.0));
  // A sample of blocks is enough for a figure that only ranks coefficients.
  const std::size_t step = std::max<std::size_t>(1, num_blocks() / 512);
  Visit(
      context, segments,
      [&](std::size_t s, const Block& block) {
        double* sum = sums[s].data();
        for (std::size_t r = 0; r < block.rows; ++r) {
          const double w = weight_[block.first + r];
          const double* z = block.z + r * dense_;
          for (std::size_t i = 0; i < dense_; ++i) {
            sum[i] += w * z[i];
            sum[width_ + i] += w * z[i] * z[i];
          }
          for (std::size_t c = 0; c < cats(); ++c) sum[block.active[r * cats() + c]] += w;
        }
      },
      step);
  std::vector<double> total(2 * width_, 0.0);
  for (const auto& sum : sums) {
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += sum[i];
  }
  const double n = std::max(total[intercept()], 1e-300);
  const auto deviation = [n](double first, double second) {
    return std::sqrt(std::max(0.0, second / n - (first / n) * (first / n)));
  };
  parts.spread.assign(parts.width, 0.0);
  for (std::size_t i = 0; i < num_columns_.size(); ++i) {
    parts.spread[terms_[num_columns_[i]].first] = deviation(total[i], total[width_ + i]);
  }
  for (std::size_t c = 0; c < cat_columns_.size(); ++c) {
    const Term& term = terms_[cat_columns_[c]];
    for (std::int32_t k = 0; k < term.num_categories; ++k) {
      const double share = total[cat_first_[c] + static_cast<std::size_t>(k)];
      parts.spread[term.first + static_cast<std::size_t>(k)] = deviation(share, share);
    }
  }
}

std::uint64_t KeepBytes(const Context& context) {
  constexpr std::uint64_t kMost = 512'000'000;
  return context.memory_limit == 0 ? kMost : std::min(kMost, context.memory_limit / 8);
}

void UsableRows(const model::TrainingData& data, model::RowSpan rows, model::Rows& used, std::vector<double>& weight) {
  used.clear();
  weight.clear();
  used.reserve(rows.size());
  weight.reserve(rows.size());
  for (const model::RowIndex r : rows) {
    const double w = data.weight.empty() ? 1.0 : data.weight[r];
    if (!(w > 0) || !std::isfinite(data.y[r])) continue;
    used.push_back(r);
    weight.push_back(w);
  }
}

}  // namespace tagwerk::learners::linear
