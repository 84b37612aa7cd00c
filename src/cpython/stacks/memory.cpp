// SPDX-License-Identifier: Apache-2.0
#include "cpython/stacks/memory.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

namespace hone::cpython {

namespace {

constexpr std::size_t kAtOnce = 256;  // the kernel takes 1024

// Some sandboxes refuse process_vm_readv, even on oneself.
std::atomic<bool> refused = false;
std::atomic<pid_t> process = 0;

bool fetch_by_file(std::span<const OwnMemory::Piece> pieces) noexcept {
    const int file = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const bool all = std::ranges::all_of(pieces, [file](const OwnMemory::Piece& piece) {
        return pread(file, piece.into, piece.size, static_cast<off_t>(piece.from)) ==
               static_cast<ssize_t>(piece.size);
    });
    close(file);
    return all;
}

bool fetch_some(std::span<const OwnMemory::Piece> pieces) noexcept {
    if (refused.load(std::memory_order_relaxed)) return fetch_by_file(pieces);
    std::array<iovec, kAtOnce> from, into;
    std::size_t total = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        from[i] = {reinterpret_cast<void*>(pieces[i].from), pieces[i].size};
        into[i] = {pieces[i].into, pieces[i].size};
        total += pieces[i].size;
    }
    const ssize_t done = process_vm_readv(process.load(std::memory_order_relaxed), into.data(),
                                          pieces.size(), from.data(), pieces.size(), 0);
    if (done < 0 && (errno == EPERM || errno == ENOSYS)) {
        refused = true;
        return fetch_by_file(pieces);
    }
    return done == static_cast<ssize_t>(total);
}

}  // namespace

void OwnMemory::here() noexcept {
    process = getpid();
}

bool OwnMemory::fetch(std::span<const Piece> pieces) noexcept {
    for (; pieces.size() > kAtOnce; pieces = pieces.subspan(kAtOnce))
        if (!fetch_some(pieces.first(kAtOnce))) return false;
    return pieces.empty() || fetch_some(pieces);
}

const OwnMemory::Page* OwnMemory::page(Address at) noexcept {
    for (std::size_t i = 0; i < pages_in_use_; ++i)
        if (pages_[i].at == at) return &pages_[i];
    if (pages_in_use_ == 0) next_ = 0;
    Page& fresh = pages_[next_];
    const Piece whole{.from = at, .into = fresh.bytes.data(), .size = kPage};
    fresh.at = fetch({&whole, 1}) ? at : 0;
    pages_in_use_ = std::max(pages_in_use_, next_ + 1);
    next_ = (next_ + 1) % kKept;
    return fresh.at == 0 ? nullptr : &fresh;
}

bool OwnMemory::read(Address from, void* into, std::size_t size) noexcept {
    auto* to = static_cast<std::byte*>(into);
    while (size != 0) {
        const Address at = from & ~(kPage - 1);
        const std::size_t offset = from - at;
        const std::size_t part = std::min(size, kPage - offset);
        const Page* const here = at == 0 ? nullptr : page(at);
        if (here == nullptr) return false;
        std::memcpy(to, here->bytes.data() + offset, part);
        from += part;
        to += part;
        size -= part;
    }
    return true;
}

}  // namespace hone::cpython
