// Settings of glibc's malloc; see heap.h.
#include "base/heap.h"

#include <malloc.h>

namespace tagwerk {

void KeepFreedMemory([[maybe_unused]] std::uint64_t limit) {
#ifdef __GLIBC__
  constexpr std::uint64_t kEnough = std::uint64_t{2} << 30;
  constexpr int kLargestKept = 32 << 20;  // the most that mallopt(3) takes
  if (limit != 0 && limit < kEnough) return;
  mallopt(M_MMAP_THRESHOLD, kLargestKept);
  mallopt(M_TRIM_THRESHOLD, 8 * kLargestKept);
#endif
}

void GiveFreedMemoryBack() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 2 << 20);
#endif
}

void TrimFreedMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace tagwerk
