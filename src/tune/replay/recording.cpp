// SPDX-License-Identifier: Apache-2.0
#include "tune/replay/recording.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

namespace hone::replay {
namespace {

constexpr std::size_t padded(std::size_t size) {
    return (size + 7) & ~std::size_t{7};
}

// open(2) itself: the library's own open is one of the functions it stands in for.
int open_file(const char* path, int flags) {
    return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600));
}

}  // namespace

bool Recording::create(const char* path) {
    const int file = open_file(path, O_RDWR | O_CREAT | O_TRUNC);
    if (file < 0) return false;
    const bool sized = ftruncate(file, static_cast<off_t>(kCapacity)) == 0;
    void* base =
        sized ? mmap(nullptr, kCapacity, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
    close(file);
    if (base == MAP_FAILED) return false;
    base_ = static_cast<unsigned char*>(base);
    limit_ = kCapacity;
    auto* header = reinterpret_cast<Header*>(base_);
    std::memcpy(header->magic, kMagic, sizeof kMagic);
    header->used.store(sizeof(Header));
    return true;
}

bool Recording::open(const char* path) {
    const int file = open_file(path, O_RDONLY);
    if (file < 0) return false;
    struct stat info;
    const bool big_enough =
        fstat(file, &info) == 0 && static_cast<std::size_t>(info.st_size) >= sizeof(Header);
    const auto size = big_enough ? static_cast<std::size_t>(info.st_size) : 0;
    void* base = big_enough ? mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
    close(file);
    if (base == MAP_FAILED) return false;
    const auto* header = static_cast<const Header*>(base);
    if (std::memcmp(header->magic, kMagic, sizeof kMagic) != 0) return false;
    base_ = static_cast<unsigned char*>(base);
    limit_ = header->used.load() < size ? header->used.load() : size;
    return true;
}

void Recording::append(std::uint32_t kind, const void* bytes, std::size_t size) {
    if (size == 0) return;
    auto* header = reinterpret_cast<Header*>(base_);
    const std::size_t need = sizeof(Record) + padded(size);
    const std::uint64_t at = header->used.fetch_add(need);
    if (at + need > limit_) return;
    auto* record = reinterpret_cast<Record*>(base_ + at);
    record->kind = kind;
    std::memcpy(base_ + at + sizeof(Record), bytes, size);
    record->size.store(static_cast<std::uint32_t>(size), std::memory_order_release);
}

const void* Recording::next(std::uint32_t kind, std::atomic<std::uint64_t>& cursor,
                            std::size_t& size) const {
    std::uint64_t at = cursor.load();
    for (;;) {
        std::uint64_t place = at == 0 ? sizeof(Header) : at;
        const Record* record = nullptr;
        for (; place + sizeof(Record) <= limit_; place += sizeof(Record) + padded(record->size)) {
            record = reinterpret_cast<const Record*>(base_ + place);
            if (record->size == 0) return nullptr;
            if (record->kind == kind) break;
        }
        if (place + sizeof(Record) > limit_) return nullptr;
        const std::uint64_t after = place + sizeof(Record) + padded(record->size);
        if (!cursor.compare_exchange_weak(at, after)) continue;  // another thread took this one
        size = record->size;
        return base_ + place + sizeof(Record);
    }
}

}  // namespace hone::replay
