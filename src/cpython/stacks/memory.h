// SPDX-License-Identifier: Apache-2.0
// Memory of this process that may be gone by the time it is read: another thread frees it
// meanwhile. The kernel copies it, so that a wrong address is an answer and not the end of the
// process. Needs neither the GIL nor Python; each thread uses its own OwnMemory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

namespace hone::cpython {

using Address = std::uintptr_t;

class OwnMemory {
  public:
    // A part of memory and where its copy goes.
    struct Piece {
        Address from;
        void* into;
        std::size_t size;
    };

    // What was read so far may have changed.
    void forget() noexcept { pages_in_use_ = 0; }

    // False: not all of it is there. Pages are kept until forget().
    [[nodiscard]] bool read(Address from, void* into, std::size_t size) noexcept;
    template <class T>
        requires std::is_trivially_copyable_v<T>
    [[nodiscard]] std::optional<T> read(Address from) noexcept {
        T value;
        if (!read(from, &value, sizeof value)) return std::nullopt;
        return value;
    }

    // The calling process is the one whose memory is meant: to be said after a fork, and first.
    static void here() noexcept;
    // Past the kept pages, many at once. False: not all of it is there.
    [[nodiscard]] static bool fetch(std::span<const Piece> pieces) noexcept;

  private:
    static constexpr std::size_t kPage = 4096;
    static constexpr std::size_t kKept = 64;
    struct Page {
        Address at = 0;
        alignas(16) std::array<std::byte, kPage> bytes;
    };

    const Page* page(Address at) noexcept;

    std::array<Page, kKept> pages_;
    std::size_t pages_in_use_ = 0, next_ = 0;
};

}  // namespace hone::cpython
