// SPDX-License-Identifier: Apache-2.0
#include "measure/thread_slots.h"

#include <algorithm>
#include <vector>

namespace hone::measure {

namespace {

constinit ThreadSlots no_slots;

struct ThreadLife {
    std::shared_ptr<std::atomic<bool>> ended = std::make_shared<std::atomic<bool>>(false);
    std::vector<ThreadSlot> slots;
    ThreadSlots shown;

    // Without the GIL.
    ~ThreadLife() {
        my_slots = &no_slots;
        ended->store(true, std::memory_order_release);
    }
};
thread_local ThreadLife life;

std::vector<bool> taken;

}  // namespace

thread_local constinit ThreadSlots* my_slots = &no_slots;

ThreadSlot& slot_for(std::uint32_t number) {
    if (number >= life.slots.size()) life.slots.resize(number + 1);
    life.shown = {.count = static_cast<std::uint32_t>(life.slots.size()), .at = life.slots.data()};
    my_slots = &life.shown;
    return life.slots[number];
}

const std::shared_ptr<std::atomic<bool>>& end_of_this_thread() {
    return life.ended;
}

std::uint32_t take_number() {
    const auto place = std::ranges::find(taken, false);
    const auto number = static_cast<std::uint32_t>(place - taken.begin());
    if (place == taken.end()) {
        taken.push_back(true);
    } else {
        *place = true;
    }
    return number;
}

void give_number_back(std::uint32_t number) noexcept {
    taken[number] = false;
}

}  // namespace hone::measure
