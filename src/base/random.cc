#include "base/random.h"

#include <cmath>

namespace tagwerk {

double Random::Normal() {
  // Marsaglia polar method; the second value is dropped to keep the state one word.
  double u, v, s;
  do {
    u = 2 * Uniform() - 1;
    v = 2 * Uniform() - 1;
    s = u * u + v * v;
  } while (s >= 1 || s == 0);
  return u * std::sqrt(-2 * std::log(s) / s);
}

}  // namespace tagwerk
