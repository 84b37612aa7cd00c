// SPDX-License-Identifier: Apache-2.0
#include "measure/spool_file.h"

#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hone::measure {

std::byte* map_part(int file, std::uint64_t from, std::size_t size) noexcept {
    if (posix_fallocate(file, static_cast<off_t>(from), static_cast<off_t>(size)) != 0)
        return nullptr;
    void* const bytes =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, static_cast<off_t>(from));
    if (bytes == MAP_FAILED) return nullptr;
    madvise(bytes, size, MADV_DONTFORK);
    return static_cast<std::byte*>(bytes);
}

std::uint64_t real_time() noexcept {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

int open_own(const std::string& path) noexcept {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct stat info{};
    if (file >= 0 && (fstat(file, &info) != 0 || info.st_uid != geteuid())) {
        ::close(file);
        return -1;
    }
    return file;
}

}  // namespace hone::measure
