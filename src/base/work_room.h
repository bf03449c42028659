// Memory that is used again and again, for one thing at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace tagwerk {

class WorkRoom {
 public:
  /// Room for `n` objects, of any content; what was asked for before is lost. Pages that nobody writes take no memory.
  template <class T>
  T* Of(std::size_t n) {
    static_assert(std::is_trivial_v<T>);
    const std::size_t words = (n * sizeof(T) + sizeof(Word) - 1) / sizeof(Word);
    if (words > words_) {
      held_.reset();  // before the next: never both
      held_ = std::make_unique_for_overwrite<Word[]>(words);
      words_ = words;
    }
    return reinterpret_cast<T*>(held_.get());
  }

 private:
  struct alignas(std::max_align_t) Word {
    std::byte bytes[alignof(std::max_align_t)];  // NOLINT: bytes may hold objects of any trivial type
  };
  std::unique_ptr<Word[]> held_;
  std::size_t words_ = 0;
};

}  // namespace tagwerk
