// How freed memory is kept.
#pragma once

#include <cstdint>

namespace tagwerk {

/// Called once by a program, before its threads start: where the memory limit is 2 GB or more (0: none), freed blocks
/// of up to 32 MB are kept and used again, which spares the kernel from clearing the same pages again and again.
/// With a tighter limit memory goes back at once.
void KeepFreedMemory(std::uint64_t limit);

}  // namespace tagwerk
