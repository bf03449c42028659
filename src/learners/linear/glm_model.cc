// Prediction with a generalised linear model. Rows are taken in groups and columns in order, so that each
// row's sum has the same order of additions whether it comes alone or in a batch.
#include "learners/linear/glm_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "learners/linear/exponential.h"

namespace tagwerk::learners::linear {
namespace {

constexpr std::uint32_t kVersion = 2;  ///< of the section; 1 had no sparse columns
constexpr std::size_t kGroup = 64;     ///< rows whose margins stay in the first cache

double Finite(double v) {
  constexpr double kMost = std::numeric_limits<double>::max();
  return v > kMost ? kMost : (v < -kMost ? -kMost : v);
}

}  // namespace

GlmModel::GlmModel(GlmParts parts) : parts_(std::move(parts)) {
  for (double& c : parts_.coefficients) {
    c = c == c ? std::clamp(c, -kMostCoefficient, kMostCoefficient) : 0.0;
  }
  for (double& c : parts_.intercepts) {
    c = c == c ? std::clamp(c, -kMostCoefficient, kMostCoefficient) : 0.0;
  }
}

void GlmModel::Margins(const model::Matrix& x, model::RowSpan rows, double* margins) const {
  const std::size_t num = num_margins();
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t m = 0; m < num; ++m) margins[r * num + m] = parts_.intercepts[m];
  }
  for (std::size_t j = 0; j < parts_.terms.size(); ++j) {
    const Term& term = parts_.terms[j];
    const model::MatrixColumn& column = x.column(j);
    if (term.sparse) continue;
    const double* beta = parts_.coefficients.data() + term.first;
    if (term.category) {
      if (column.codes == nullptr) continue;  // another kind of column than in training counts as missing
      for (std::size_t r = 0; r < rows.size(); ++r) {
        const std::int32_t code = (*column.codes)[rows[r]];
        if (code < 0 || code >= term.num_categories) continue;
        for (std::size_t m = 0; m < num; ++m) margins[r * num + m] += beta[m * parts_.width + code];
      }
    } else if (term.inverse_scale != 0) {
      if (column.numeric == nullptr) continue;
      for (std::size_t r = 0; r < rows.size(); ++r) {
        const double z = ScaledValue(term, (*column.numeric)[rows[r]]);
        for (std::size_t m = 0; m < num; ++m) margins[r * num + m] += beta[m * parts_.width] * z;
      }
    }
  }
  AddSparse(x, rows, margins);
}

void GlmModel::AddSparse(const model::Matrix& x, model::RowSpan rows, double* margins) const {
  const std::size_t num = num_margins();
  for (const SparseTerm& term : parts_.sparse) {
    const auto& block = x.column(term.column).sparse;
    if (!block) continue;  // another kind of column than in training counts as missing
    const std::size_t width = term.weights.size() / num;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const std::size_t row = block->row_of[rows[r]];
      const auto indices = block->csr.indices(row);
      const auto values = block->csr.values(row);
      double* to = margins + r * num;
      for (std::size_t k = 0; k < indices.size(); ++k) {
        if (indices[k] >= width) continue;
        const float* from = term.weights.data() + std::size_t(indices[k]) * num;
        for (std::size_t m = 0; m < num; ++m) to[m] += double(from[m]) * double(values[k]);
      }
    }
  }
}

void GlmModel::ToOutputs(const double* margins, std::size_t rows, double* out) const {
  const std::size_t num = num_margins();
  const auto k = static_cast<std::size_t>(num_outputs());
  if (parts_.link == Link::kIdentity) {
    for (std::size_t r = 0; r < rows; ++r) {
      out[r] = Finite(parts_.target_center + Finite(parts_.target_scale * margins[r]));
    }
    return;
  }
  const std::size_t absent = k - parts_.classes.size();
  const double present_share = 1.0 - parts_.absent_share * static_cast<double>(absent);
  for (std::size_t r = 0; r < rows; ++r) {
    double* p = out + r * k;
    std::fill(p, p + k, parts_.absent_share);
    if (parts_.classes.size() == 1) {
      p[parts_.classes[0]] = present_share;
    } else if (parts_.link == Link::kLogistic) {
      const double q = Sigmoid(margins[r]);
      p[parts_.classes[1]] = q * present_share;
      p[parts_.classes[0]] = (1.0 - q) * present_share;
    } else {
      const double* margin = margins + r * num;
      const double top = *std::max_element(margin, margin + num);
      double sum = 0;
      for (std::size_t m = 0; m < num; ++m) sum += p[parts_.classes[m]] = Exp(margin[m] - top);
      for (std::size_t m = 0; m < num; ++m) p[parts_.classes[m]] *= present_share / sum;
    }
  }
}

void GlmModel::Predict(const model::Matrix& x, model::RowSpan rows, std::span<double> out) const {
  TW_CHECK(x.cols() == parts_.terms.size());
  TW_CHECK(out.size() == rows.size() * static_cast<std::size_t>(num_outputs()));
  std::vector<double> margins(kGroup * std::max<std::size_t>(num_margins(), 1));
  for (std::size_t begin = 0; begin < rows.size(); begin += kGroup) {
    const model::RowSpan group = rows.subspan(begin, std::min(kGroup, rows.size() - begin));
    Margins(x, group, margins.data());
    ToOutputs(margins.data(), group.size(), out.data() + begin * static_cast<std::size_t>(num_outputs()));
  }
}

double GlmModel::RawCoefficient(std::size_t margin, std::size_t column, std::int32_t code) const {
  const Term& term = parts_.terms[column];
  const double beta = parts_.coefficients[margin * parts_.width + term.first + static_cast<std::size_t>(code)];
  return beta * parts_.target_scale * (term.category ? 1.0 : term.inverse_scale);
}

double GlmModel::RawIntercept(std::size_t margin) const {
  double sum = parts_.intercepts[margin];
  for (const Term& term : parts_.terms) {
    if (term.category || term.sparse) continue;
    sum -= parts_.coefficients[margin * parts_.width + term.first] * term.inverse_scale * term.center;
  }
  return parts_.target_center + parts_.target_scale * sum;
}

Json GlmModel::Summary() const {
  struct Entry {
    std::size_t margin, column;
    std::int32_t code;
    double standardized;
  };
  std::vector<Entry> entries;
  std::vector<double> importance(parts_.terms.size(), 0.0);
  for (std::size_t m = 0; m < num_margins(); ++m) {
    for (std::size_t j = 0; j < parts_.terms.size(); ++j) {
      const Term& term = parts_.terms[j];
      if (term.sparse) continue;
      const std::int32_t codes = term.category ? term.num_categories : 1;
      double squares = 0;
      for (std::int32_t c = 0; c < codes; ++c) {
        const std::size_t f = term.first + static_cast<std::size_t>(c);
        const double s = parts_.coefficients[m * parts_.width + f] * parts_.spread[f] * parts_.target_scale;
        squares += s * s;
        if (s != 0) entries.push_back({m, j, c, s});
      }
      importance[j] += std::sqrt(squares) / static_cast<double>(num_margins());
    }
  }
  for (const SparseTerm& term : parts_.sparse) {
    for (const double s : term.spread) importance[term.column] += s * parts_.target_scale / double(num_margins());
  }
  const auto larger = [](const Entry& a, const Entry& b) {
    return std::abs(a.standardized) > std::abs(b.standardized);
  };
  std::stable_sort(entries.begin(), entries.end(), larger);
  Json json;
  json["coefficients_not_zero"] = entries.size();
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min<std::size_t>(entries.size(), 50); ++i) {
    const Entry& e = entries[i];
    Json item;
    item["column"] = parts_.names[e.column];
    if (parts_.terms[e.column].category) item["category"] = e.code;
    if (parts_.link == Link::kSoftmax) item["class"] = parts_.classes[e.margin];
    item["coefficient"] = RawCoefficient(e.margin, e.column, e.code);
    item["standardized"] = e.standardized;
    list.push_back(std::move(item));
  }
  json["coefficients"] = std::move(list);
  Json intercepts = Json::array();
  for (std::size_t m = 0; m < num_margins(); ++m) intercepts.push_back(RawIntercept(m));
  json["intercepts"] = std::move(intercepts);
  Json by_column = Json::object();
  for (std::size_t j = 0; j < importance.size(); ++j) by_column[parts_.names[j]] = importance[j];
  json["importance"] = std::move(by_column);
  return json;
}

void GlmModel::Save(model::ByteWriter& writer) const {
  writer.U32(kVersion);
  writer.U8(static_cast<std::uint8_t>(parts_.link));
  writer.I32(parts_.num_classes);
  writer.U64(parts_.terms.size());
  for (const Term& term : parts_.terms) {
    writer.U8(term.category ? 1 : term.sparse ? 2 : 0);
    writer.F64(term.center);
    writer.F64(term.inverse_scale);
    writer.I32(term.num_categories);
  }
  writer.Doubles(parts_.coefficients);
  writer.Doubles(parts_.intercepts);
  writer.Doubles(parts_.spread);
  writer.Strings(parts_.names);
  writer.F64(parts_.target_center);
  writer.F64(parts_.target_scale);
  writer.I32s(parts_.classes);
  writer.F64(parts_.absent_share);
  writer.U64(parts_.sparse.size());
  for (const SparseTerm& term : parts_.sparse) {
    writer.U64(term.column);
    writer.F32s(term.weights);
    writer.Doubles(term.spread);
  }
}

namespace {

/// A damaged file must not ask for more outputs than any table has labels.
constexpr std::int32_t kMostClasses = 1'000'000;

bool AllWithin(const std::vector<double>& values, double most) {
  return std::all_of(values.begin(), values.end(), [most](double v) { return std::abs(v) <= most; });
}

void ReadTerms(model::ByteReader& reader, GlmParts& parts) {
  constexpr std::size_t kTermBytes = 1 + 8 + 8 + 4;
  parts.terms.resize(reader.CountOf(kTermBytes));
  for (Term& term : parts.terms) {
    const std::uint8_t kind = reader.U8();
    reader.Expect(kind <= 2, "the kind of a term is unknown");
    term.category = kind == 1;
    term.sparse = kind == 2;
    term.center = reader.F64();
    term.inverse_scale = reader.F64();
    term.num_categories = reader.I32();
    term.first = parts.width;
    reader.Expect(std::isfinite(term.center) && std::isfinite(term.inverse_scale) && term.inverse_scale >= 0,
                  "a scale is not a number");
    reader.Expect(term.num_categories >= 0, "a number of categories is negative");
    if (term.sparse) continue;
    parts.width += term.category ? static_cast<std::size_t>(std::max(term.num_categories, 0)) : 1;
  }
}

void ReadSparse(model::ByteReader& reader, GlmParts& parts) {
  const std::size_t margins = parts.intercepts.size();
  parts.sparse.resize(reader.CountOf(3 * sizeof(std::uint64_t)));
  for (SparseTerm& term : parts.sparse) {
    term.column = reader.U64();
    term.weights = reader.F32s();
    term.spread = reader.Doubles();
    const bool known = term.column < parts.terms.size() && parts.terms[term.column].sparse;
    if (!reader.Expect(known && margins > 0 && term.weights.size() % margins == 0 && term.spread.size() == margins,
                       "a sparse column of a linear model does not fit"))
      return;
    reader.Expect(std::all_of(term.weights.begin(), term.weights.end(), [](float w) { return std::abs(w) < 1e30F; }) &&
                      AllWithin(term.spread, kMostCoefficient),
                  "a weight of a sparse column is not a number");
  }
}

/// The number of margins and the list of classes must fit the link.
bool ShapeFits(const GlmParts& parts) {
  const std::size_t margins = parts.intercepts.size();
  if (parts.link == Link::kIdentity) return parts.num_classes == 0 && margins == 1 && parts.classes.empty();
  if (parts.num_classes < 2 || parts.num_classes > kMostClasses || parts.classes.empty()) return false;
  if (parts.classes.size() > static_cast<std::size_t>(parts.num_classes)) return false;
  for (std::size_t i = 0; i < parts.classes.size(); ++i) {
    if (parts.classes[i] < 0 || parts.classes[i] >= parts.num_classes) return false;
    if (i > 0 && parts.classes[i] <= parts.classes[i - 1]) return false;
  }
  const std::size_t absent = static_cast<std::size_t>(parts.num_classes) - parts.classes.size();
  if (!(parts.absent_share >= 0) || parts.absent_share * static_cast<double>(absent) > 1) return false;
  if (parts.link == Link::kLogistic) return margins == 1 && parts.classes.size() <= 2;
  return margins == parts.classes.size() && margins >= 2;
}

}  // namespace

Result<std::unique_ptr<model::Model>> LoadGlm(model::ByteReader& reader, std::size_t columns) {
  GlmParts parts;
  const std::uint32_t version = reader.U32();
  reader.Expect(version == 1 || version == kVersion, "the version of a linear model is unknown");
  const std::uint8_t link = reader.U8();
  reader.Expect(link <= static_cast<std::uint8_t>(Link::kSoftmax), "the link of a linear model is unknown");
  parts.link = static_cast<Link>(link);
  parts.num_classes = reader.I32();
  ReadTerms(reader, parts);
  parts.coefficients = reader.Doubles();
  parts.intercepts = reader.Doubles();
  parts.spread = reader.Doubles();
  parts.names = reader.Strings();
  parts.target_center = reader.F64();
  parts.target_scale = reader.F64();
  parts.classes = reader.I32s();
  parts.absent_share = reader.F64();
  if (version > 1) ReadSparse(reader, parts);
  reader.Expect(parts.terms.size() == columns && parts.names.size() == columns,
                "a linear model has another number of columns");
  reader.Expect(ShapeFits(parts), "the classes of a linear model do not fit");
  reader.Expect(parts.spread.size() == parts.width &&
                    parts.coefficients.size() / std::max<std::size_t>(parts.intercepts.size(), 1) == parts.width &&
                    parts.coefficients.size() == parts.width * parts.intercepts.size(),
                "the coefficients of a linear model do not fit");
  reader.Expect(AllWithin(parts.coefficients, kMostCoefficient) && AllWithin(parts.intercepts, kMostCoefficient) &&
                    std::isfinite(parts.target_center) && std::isfinite(parts.target_scale),
                "a coefficient is not a number");
  if (!reader.ok()) return reader.Finish("linear/glm").error();
  return std::unique_ptr<model::Model>(std::make_unique<GlmModel>(std::move(parts)));
}

}  // namespace tagwerk::learners::linear
