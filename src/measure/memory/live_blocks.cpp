// SPDX-License-Identifier: Apache-2.0
#include "measure/memory/live_blocks.h"

#include <bit>
#include <utility>

#include <sys/mman.h>

namespace hone::measure::memory {

namespace {

constexpr std::size_t kFirstRoom = 1 << 12;

Block* map_blocks(std::size_t room) noexcept {
    void* const made = mmap(nullptr, room * sizeof(Block), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return made == MAP_FAILED ? nullptr : static_cast<Block*>(made);
}

}  // namespace

bool LiveBlocks::make_room() noexcept {
    if (size_ * 4 < room_ * 3) return true;
    const std::size_t room = room_ == 0 ? kFirstRoom : room_ * 2;
    Block* const made = map_blocks(room);
    if (made == nullptr) return false;
    Block* const before = std::exchange(blocks_, made);
    const std::size_t room_before = std::exchange(room_, room);
    shift_ = 64 - static_cast<unsigned>(std::countr_zero(room));
    for (std::size_t i = 0; i < room_before; ++i)
        if (before[i].address != 0) put(before[i]);
    if (before != nullptr) munmap(before, room_before * sizeof(Block));
    return true;
}

void LiveBlocks::put(const Block& block) noexcept {
    std::size_t at = home(block.address);
    while (blocks_[at].address != 0) at = (at + 1) & (room_ - 1);
    blocks_[at] = block;
}

bool LiveBlocks::add(const Block& block) noexcept {
    if (!make_room()) return false;
    put(block);
    ++size_;
    filter_.add(block.address);
    return true;
}

std::optional<Block> LiveBlocks::take(const void* address) noexcept {
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    if (size_ == 0) return std::nullopt;
    for (std::size_t at = home(wanted); blocks_[at].address != 0; at = (at + 1) & (room_ - 1)) {
        if (blocks_[at].address != wanted) continue;
        const Block found = blocks_[at];
        close_gap(at);
        --size_;
        filter_.remove(wanted);
        return found;
    }
    return std::nullopt;
}

// What stands behind a gap and would be looked for in front of it moves there.
void LiveBlocks::close_gap(std::size_t gap) noexcept {
    const std::size_t mask = room_ - 1;
    for (std::size_t at = (gap + 1) & mask; blocks_[at].address != 0; at = (at + 1) & mask) {
        const std::size_t wants = home(blocks_[at].address);
        if (((at - wants) & mask) < ((at - gap) & mask)) continue;
        blocks_[gap] = blocks_[at];
        gap = at;
    }
    blocks_[gap].address = 0;
}

void LiveBlocks::clear() noexcept {
    if (blocks_ != nullptr) munmap(blocks_, room_ * sizeof(Block));
    blocks_ = nullptr;
    room_ = size_ = 0;
    shift_ = 64;
    filter_.clear();
}

}  // namespace hone::measure::memory
