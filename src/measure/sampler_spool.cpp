// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/sampler_spool.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "measure/spool_file.h"

namespace hone::measure {

namespace {

constexpr std::size_t kWindow = 1 << 20;
constexpr std::size_t kRoom = 1 << 19;  // for one record and its payload

std::size_t padding(std::size_t size) {
    return (sizeof(Record) - size % sizeof(Record)) % sizeof(Record);
}

struct CodeHead {
    std::uint32_t id, units, file_size, name_size, lines_size;
    std::uint8_t file_width, name_width;
    std::array<std::uint8_t, 10> spare;
};
static_assert(sizeof(CodeHead) == 32);

}  // namespace

std::string code_payload(cpython::CodeId id, const cpython::CodeText& text) {
    const CodeHead head{.id = id,
                        .units = text.units,
                        .file_size = static_cast<std::uint32_t>(text.file.bytes.size()),
                        .name_size = static_cast<std::uint32_t>(text.name.bytes.size()),
                        .lines_size = static_cast<std::uint32_t>(text.lines.size()),
                        .file_width = text.file.width,
                        .name_width = text.name.width,
                        .spare = {}};
    std::string payload(reinterpret_cast<const char*>(&head), sizeof head);
    return payload + text.file.bytes + text.name.bytes + text.lines;
}

Result<void> Spool::open(const std::string& path) {
    const int file = open_own(path);
    if (file < 0) return fail(path + " is not a file of this user's that can be written");
    auto* const first = ftruncate(file, 0) == 0 ? map_part(file, 0, kWindow) : nullptr;
    void* const head = first == nullptr ? MAP_FAILED
                                        : mmap(nullptr, sysconf(_SC_PAGESIZE),
                                               PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (head == MAP_FAILED) return fail(path + " can't be written: there is no room");
    madvise(head, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), MADV_DONTFORK);
    path_ = path;
    header_ = static_cast<SpoolHeader*>(head);
    window_ = {.bytes = first, .from = 0};
    end_ = sizeof(SpoolHeader);
    full_ = false;
    *header_ = {.magic = {'h', 'o', 'n', 'e', 's', 'm', 'p', 'l'},
                .version = kSpoolVersion,
                .python = PY_VERSION_HEX,
                .used = end_,
                .started = real_time(),
                .process = static_cast<std::uint32_t>(getpid()),
                .state = static_cast<std::uint32_t>(SpoolState::Sampling),
                .stop = 0,
                .beat = 0,
                .native = 0,
                .spare = {}};
    return {};
}

void Spool::unmap(Window& window) noexcept {
    if (window.bytes != nullptr) munmap(window.bytes, kWindow);
    window = {};
}

void Spool::close() noexcept {
    if (header_ == nullptr) return;
    publish();
    header_->state = static_cast<std::uint32_t>(full_ ? SpoolState::Full : SpoolState::Ended);
    munmap(header_, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
    header_ = nullptr;
    unmap(window_);
    unmap(before_);
}

// The next window; the one before it stays, for amend() and for what lies across.
bool Spool::grow() noexcept {
    const int file = open_own(path_);
    const std::uint64_t from = window_.from + kWindow;
    std::byte* const bytes = file < 0 ? nullptr : map_part(file, from, kWindow);
    if (file >= 0) ::close(file);
    if (bytes == nullptr) {
        full_ = true;
        return false;
    }
    unmap(before_);
    before_ = std::exchange(window_, {.bytes = bytes, .from = from});
    return true;
}

void Spool::write(const void* bytes, std::size_t size) noexcept {
    const auto* from = static_cast<const std::byte*>(bytes);
    while (size != 0) {
        Window& window = end_ < window_.from ? before_ : window_;
        const std::size_t offset = end_ - window.from;
        const std::size_t part = std::min(size, kWindow - offset);
        std::memcpy(window.bytes + offset, from, part);
        end_ += part;
        from += part;
        size -= part;
    }
}

bool Spool::append(const Record& record, std::string_view payload) noexcept {
    constexpr std::array<char, sizeof(Record)> kZeros{};
    if (header_ == nullptr || full_ || payload.size() > kRoom) return false;
    const std::size_t size = sizeof record + payload.size() + padding(payload.size());
    if (end_ + size > window_.from + kWindow && !grow()) return false;
    write(&record, sizeof record);
    write(payload.data(), payload.size());
    write(kZeros.data(), padding(payload.size()));
    return true;
}

void Spool::publish() noexcept {
    if (header_ != nullptr) __atomic_store_n(&header_->used, end_, __ATOMIC_RELEASE);
}

void Spool::amend(Mark mark, std::uint32_t link, std::uint8_t flags) noexcept {
    for (const Window& window : {window_, before_}) {
        if (window.bytes == nullptr || mark < window.from || mark >= window.from + kWindow)
            continue;
        std::byte* const at = window.bytes + (mark - window.from);
        std::memcpy(at + offsetof(Record, link), &link, sizeof link);
        std::memcpy(at + offsetof(Record, flags), &flags, sizeof flags);
    }
}

}  // namespace hone::measure
