#include "sparse/randomized_svd.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace tagwerk::sparse {
namespace {

using Dense = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;

constexpr std::size_t kOversampling = 10;

/// The rows and columns that the decomposition looks at.
struct Part {
  const Csr& x;
  std::span<const std::uint32_t> rows;
  std::uint32_t width;

  template <class Body>
  void ForEntries(std::size_t r, const Body& body) const {
    const auto indices = x.indices(rows[r]);
    const auto values = x.values(rows[r]);
    for (std::size_t k = 0; k < indices.size(); ++k)
      if (indices[k] < width) body(Index(indices[k]), values[k]);
  }
  Dense Times(const Dense& right) const {
    Dense out = Dense::Zero(Index(rows.size()), right.cols());
    for (std::size_t r = 0; r < rows.size(); ++r)
      ForEntries(r, [&](Index f, float value) { out.row(Index(r)) += value * right.row(f); });
    return out;
  }
  Dense TransposedTimes(const Dense& left) const {
    Dense out = Dense::Zero(Index(width), left.cols());
    for (std::size_t r = 0; r < rows.size(); ++r)
      ForEntries(r, [&](Index f, float value) { out.row(f) += value * left.row(Index(r)); });
    return out;
  }
};

Dense Orthonormal(const Dense& a) {
  const Eigen::HouseholderQR<Dense> qr(a);
  return qr.householderQ() * Dense::Identity(a.rows(), std::min(a.rows(), a.cols()));
}

}  // namespace

void Components::Project(std::span<const std::uint32_t> indices, std::span<const float> values, float* out) const {
  std::fill_n(out, count, 0.0F);
  const std::uint32_t limit = width();
  for (std::size_t e = 0; e < indices.size(); ++e) {
    if (indices[e] >= limit) continue;
    const float* from = v.data() + std::size_t(indices[e]) * count;
    for (std::size_t k = 0; k < count; ++k) out[k] += from[k] * values[e];
  }
}

Components RandomizedSvd(const Context& context, const Csr& x, std::span<const std::uint32_t> rows, std::uint32_t width,
                         std::size_t count, int power, std::uint64_t seed) {
  Components out;
  const Part part{x, rows, width};
  const std::size_t most = std::min<std::size_t>(rows.size(), width);
  const std::size_t sketch = std::min(count + kOversampling, most);
  if (sketch == 0) return out;
  Dense omega = Dense::Zero(Index(width), Index(sketch));
  Random random(seed);
  for (Index i = 0; i < omega.size(); ++i) omega.data()[i] = static_cast<float>(random.Normal());
  Dense q = Orthonormal(part.Times(omega));
  for (int i = 0; i < power; ++i) {
    if (context.ShouldStop()) return out;
    q = Orthonormal(part.Times(Orthonormal(part.TransposedTimes(q))));
  }
  if (context.ShouldStop()) return out;
  // B = Q'A; the eigenvectors of BB' are its left singular vectors.
  const Eigen::MatrixXd b = part.TransposedTimes(q).cast<double>();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(b.transpose() * b);
  const Index n = eigen.eigenvalues().size();
  const double largest = std::max(eigen.eigenvalues()(n - 1), 0.0);
  std::vector<Index> kept;
  for (Index k = n; k-- > 0 && kept.size() < count;)
    if (eigen.eigenvalues()(k) > 1e-10 * largest && eigen.eigenvalues()(k) > 0) kept.push_back(k);
  out.count = kept.size();
  out.v.resize(std::size_t(width) * kept.size());
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const double singular = std::sqrt(eigen.eigenvalues()(kept[k]));
    const Eigen::VectorXd v = b * eigen.eigenvectors().col(kept[k]) / singular;
    Index at = 0;
    v.cwiseAbs().maxCoeff(&at);
    const double sign = v(at) < 0 ? -1 : 1;
    out.singular.push_back(singular);
    for (std::size_t f = 0; f < width; ++f) out.v[f * kept.size() + k] = static_cast<float>(sign * v(Index(f)));
  }
  return out;
}

}  // namespace tagwerk::sparse
