// Expected values: numpy.linalg.svd of the rows of sparse_test.h.
#include "sparse/randomized_svd.h"

#include <cmath>
#include <numeric>

#include "sparse/sparse_test.h"

namespace tagwerk::sparse {
namespace {

using testing::Bench;
using testing::Example;

std::vector<std::uint32_t> AllRows(const Csr& x) {
  std::vector<std::uint32_t> rows(x.rows());
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

TEST(RandomizedSvd, FindsTheLeadingSingularValuesAndVectors) {
  const Csr x = Example();
  const Components found = RandomizedSvd(Bench().context, x, AllRows(x), x.width, 4, 4, 1);
  ASSERT_EQ(found.count, 4U);
  const double expected[] = {3.510272, 3.125069, 2.588195, 2.404189};
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(found.singular[k], expected[k], 1e-4);
  const double first[] = {-0.06068, 0.01383,  -0.13613, 0.85422, -0.00442, 0.03419,
                          0.08526,  -0.42023, 0.12054,  0.05896, -0.19191, -0.08953};
  for (std::size_t f = 0; f < x.width; ++f) EXPECT_NEAR(found.v[f * 4], first[f], 2e-4);
}

TEST(RandomizedSvd, ComponentsHaveTheLengthOfTheSingularValue) {
  const Csr x = Example();
  const Components found = RandomizedSvd(Bench().context, x, AllRows(x), x.width, 3, 4, 1);
  double square = 0;
  std::vector<float> out(3);
  for (std::size_t r = 0; r < x.rows(); ++r) {
    found.Project(x.indices(r), x.values(r), out.data());
    square += double(out[1]) * double(out[1]);
  }
  EXPECT_NEAR(std::sqrt(square), found.singular[1], 1e-3);
}

TEST(RandomizedSvd, RankLimitsTheComponents) {
  Csr x;
  x.width = 5;
  for (int i = 0; i < 8; ++i) {
    x.index.insert(x.index.end(), {1, 3});
    x.value.insert(x.value.end(), {1.0F, float(i % 2)});
    x.EndRow();
  }
  EXPECT_EQ(RandomizedSvd(Bench().context, x, AllRows(x), x.width, 4, 2, 1).count, 2U);
  EXPECT_EQ(RandomizedSvd(Bench().context, x, {}, x.width, 4, 2, 1).count, 0U);
}

}  // namespace
}  // namespace tagwerk::sparse
