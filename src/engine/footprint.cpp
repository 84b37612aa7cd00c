// SPDX-License-Identifier: Apache-2.0
#include "engine/footprint.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace hone::engine {
namespace {

std::int64_t resident_pages() noexcept {
    const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    std::array<char, 128> text{};
    const ssize_t size = read(file, text.data(), text.size() - 1);
    close(file);
    if (size <= 0) return 0;
    char* rest = text.data();
    static_cast<void>(std::strtoll(rest, &rest, 10));  // the address space
    return std::strtoll(rest, nullptr, 10);
}

}  // namespace

Footprint footprint() noexcept {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return {.resident = resident_pages() * sysconf(_SC_PAGESIZE),
            .peak = static_cast<std::int64_t>(usage.ru_maxrss) * 1024};
}

std::int64_t grown_since(const Footprint& before) noexcept {
    const Footprint now = footprint();
    return std::max<std::int64_t>({0, now.resident - before.resident, now.peak - before.peak});
}

}  // namespace hone::engine
