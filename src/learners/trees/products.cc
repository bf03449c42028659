#include "learners/trees/products.h"

#include <algorithm>
#include <utility>

namespace tagwerk::learners::trees {

std::vector<std::vector<std::size_t>> FindProducts(std::span<const int> slots) {
  struct Product {
    std::vector<std::size_t> stores;
    int codes = 1;
  };
  std::vector<Product> found;
  for (std::size_t s = 0; s < slots.size(); ++s) {
    auto fits =
        std::find_if(found.begin(), found.end(), [&](const Product& p) { return p.codes * slots[s] <= kMostCodes; });
    if (fits == found.end()) fits = found.insert(found.end(), Product());
    fits->stores.push_back(s);
    fits->codes *= slots[s];
  }
  std::stable_sort(found.begin(), found.end(), [](const Product& a, const Product& b) { return a.codes > b.codes; });
  std::vector<std::vector<std::size_t>> products;
  for (Product& product : found) products.push_back(std::move(product.stores));
  return products;
}

void SumProduct(std::span<const Store> stores, Packed* sums) {
  for (std::size_t s = stores.size() - 1; s > 0; --s)
    SumDigits(sums, std::size_t(stores[s].step), std::size_t(stores[s].slots));
}

}  // namespace tagwerk::learners::trees
