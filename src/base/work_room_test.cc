#include "base/work_room.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace tagwerk {
namespace {

TEST(WorkRoom, IsAlignedForEveryTypeAndStaysWhereItIsEnough) {
  WorkRoom room;
  EXPECT_EQ(room.Of<int>(0), nullptr);
  auto* numbers = room.Of<double>(100);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(numbers) % alignof(std::max_align_t), 0u);
  numbers[99] = 1;
  EXPECT_EQ(static_cast<void*>(room.Of<std::uint32_t>(200)), static_cast<void*>(numbers));
  auto* more = room.Of<std::uint8_t>(1'000'001);
  more[1'000'000] = 7;
  EXPECT_EQ(more[1'000'000], 7);
}

}  // namespace
}  // namespace tagwerk
