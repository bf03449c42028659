// Stores of few slots share a byte of a row as the digits of one number (product bundling): one addition to a histogram
// serves all of them, and the sums of each follow from those of the product. Exact, whatever the columns hold.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "learners/trees/bins.h"

namespace tagwerk::learners::trees {

inline constexpr int kMostCodes = 256;  ///< of a product
/// Training rows from which additions saved in large leaves outweigh the sums of small ones.
inline constexpr std::size_t kProductRows = 5000;

/// Parts stores into products of at most kMostCodes codes, each store into the first that has room for it (first fit
/// decreasing). `slots`: of the stores, descending. Products of most codes come first; they list their stores in order.
std::vector<std::vector<std::size_t>> FindProducts(std::span<const int> slots);

/// Turns the sums by code of a product into sums by slot of its stores: the first store's from `sums` on, those of
/// every other one from `sums` + its step on. Readable for kDigitPadding words past the codes.
void SumProduct(std::span<const Store> stores, Packed* sums);

}  // namespace tagwerk::learners::trees
