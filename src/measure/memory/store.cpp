// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/memory/store.h"

#include <cstring>
#include <new>

#include <sys/mman.h>
#include <unistd.h>

#include "measure/spool_file.h"

namespace hone::measure::memory {

namespace {

constexpr std::size_t kTimelineAt = 4096;
constexpr std::size_t kWindow = 1 << 20;
constexpr std::size_t kFirst = kTimelineAt + 5 * 4096;  // of the first window
static_assert(kTimelineAt + sizeof(Timeline) <= kFirst);

std::size_t padded(std::size_t size) {
    return (size + sizeof(Record) - 1) / sizeof(Record) * sizeof(Record);
}

}  // namespace

Result<void> Store::open(const std::string& path) {
    const int file = open_own(path);
    if (file < 0) return fail(path + " is not a file of this user's that can be written");
    std::byte* const head = ftruncate(file, 0) == 0 ? map_part(file, 0, kFirst) : nullptr;
    ::close(file);
    if (head == nullptr) return fail(path + " can't be written: there is no room");
    path_ = path;
    full_ = false;
    timeline_ = new (head + kTimelineAt) Timeline;
    header_ = new (head) StoreHeader{.magic = {'h', 'o', 'n', 'e', 'm', 'e', 'm', 'o'},
                                     .version = kStoreVersion,
                                     .python = PY_VERSION_HEX,
                                     .used = kFirst,
                                     .started = real_time(),
                                     .process = static_cast<std::uint32_t>(getpid()),
                                     .state = static_cast<std::uint32_t>(StoreState::Recording),
                                     .all = {},
                                     .asked = {},
                                     .number = {}};
    return {};
}

void Store::close() noexcept {
    if (header_ == nullptr) return;
    header_->state = static_cast<std::uint32_t>(full_ ? StoreState::Full : StoreState::Ended);
    for (std::byte* const window : windows_) munmap(window, kWindow);
    windows_.clear();
    munmap(header_, kFirst);
    header_ = nullptr;
}

bool Store::make_room(std::size_t size) noexcept {
    const std::size_t end = kFirst + windows_.size() * kWindow;
    if (header_->used + size <= end) return true;
    if (header_->used < end)
        std::memset(windows_.back() + (kWindow - (end - header_->used)), 0, sizeof(Record));
    const int file = open_own(path_);
    std::byte* const window = file < 0 ? nullptr : map_part(file, end, kWindow);
    if (file >= 0) ::close(file);
    if (window == nullptr) {
        full_ = true;
        return false;
    }
    windows_.push_back(window);
    header_->used = end;
    return true;
}

std::byte* Store::append(const Record& record, std::string_view payload) noexcept {
    const std::size_t size = sizeof record + padded(payload.size());
    if (header_ == nullptr || full_ || size > kWindow || !make_room(size)) return nullptr;
    std::byte* const at = windows_.back() + (header_->used - kFirst) % kWindow;
    std::memcpy(at, &record, sizeof record);
    std::memcpy(at + sizeof record, payload.data(), payload.size());
    __atomic_store_n(&header_->used, header_->used + size, __ATOMIC_RELEASE);
    return at + sizeof record;
}

}  // namespace hone::measure::memory
