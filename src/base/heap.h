// How freed memory is kept or given back.
#pragma once

#include <cstdint>

namespace tagwerk {

/// Called once by a program, before its threads start: where the memory limit is 2 GB or more (0: none), freed blocks
/// of up to 32 MB are kept and used again, which spares the kernel from clearing the same pages again and again.
/// With a tighter limit memory goes back at once.
void KeepFreedMemory(std::uint64_t limit);

/// The opposite, for a program that runs for long and is to stay small: blocks of 1 MB and more go back when they are
/// freed, smaller ones once 2 MB of them lie at the end of their heap.
void GiveFreedMemoryBack();

/// Gives back at once what lies free between blocks in use.
void TrimFreedMemory();

}  // namespace tagwerk
