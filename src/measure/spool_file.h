// SPDX-License-Identifier: Apache-2.0
// Files that profilers write by mapping them: what is written is in them however the process ends,
// and no descriptor of the program's is used. Threads: any; no GIL needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace hone::measure {

// A descriptor to read and write by; below 0 if it can't be had. Symbolic links are not followed,
// other users' files not written.
[[nodiscard]] int open_own(const std::string& path) noexcept;
// Null: the file can't have this part, or it can't be mapped. The part is really there afterwards:
// writing into the hole of a file whose disk is full would end the process. Forked children don't
// have it.
[[nodiscard]] std::byte* map_part(int file, std::uint64_t from, std::size_t size) noexcept;
// Nanoseconds of CLOCK_REALTIME.
[[nodiscard]] std::uint64_t real_time() noexcept;

}  // namespace hone::measure
