// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/native/unwinder.h"

#include <dlfcn.h>

// Since glibc 2.35; promised to be usable in signal handlers (its manual, "Dynamic Linker
// Introspection"), as it takes no lock.
#ifdef DLFO_STRUCT_HAS_EH_DBASE
extern "C" int _dl_find_object(void* place, struct dl_find_object* found) noexcept
    __attribute__((weak));
#endif

namespace hone::measure::native {

bool can_find_images() noexcept {
#ifdef DLFO_STRUCT_HAS_EH_DBASE
    return _dl_find_object != nullptr;
#else
    return false;
#endif
}

std::optional<Image> image_at([[maybe_unused]] Address place) noexcept {
#ifdef DLFO_STRUCT_HAS_EH_DBASE
    struct dl_find_object found{};
    if (!can_find_images() || _dl_find_object(reinterpret_cast<void*>(place), &found) != 0)
        return std::nullopt;
    return Image{.begin = reinterpret_cast<Address>(found.dlfo_map_start),
                 .table = reinterpret_cast<Address>(found.dlfo_eh_frame),
                 .link_map = reinterpret_cast<Address>(found.dlfo_link_map)};
#else
    return std::nullopt;
#endif
}

// A library may be closed, and another one come to its addresses.
const Unwinder::Known* Unwinder::known_at(Address place) {
    const auto image = image_at(place);
    if (!image) return nullptr;
    if (known_.size() >= kMostKnown) known_.clear();
    auto [found, fresh] = known_.try_emplace(place);
    if (fresh || found->second.image != *image) {
        tables_.forget();
        found->second = {.image = *image, .rules = rules_at(tables_, image->table, place)};
    }
    return &found->second;
}

End Unwinder::unwind(const Registers& registers, const StackCopy& stack, Address evaluator,
                     std::vector<CodePlace>& places) {
    places.clear();
    Registers now = registers;
    bool returns = false;  // to `now`; a call may be its function's last instruction
    while (places.size() < kDeepest) {
        if (now[kStackPointer] > evaluator) return End::Lost;
        const Address place = now[kReturnAddress] - (returns ? 1 : 0);
        const Known* const known = known_at(place);
        if (known == nullptr) return End::Generated;
        if (!known->rules) {
            places.push_back({.image = known->image, .place = place});
            return End::Unknown;
        }
        tables_.forget();
        const auto frame = frame_of(tables_, *known->rules, now, stack);
        if (!frame || *frame <= now[kStackPointer]) return End::Lost;
        if (*frame > evaluator) return End::Evaluator;
        const auto caller = caller_of(tables_, *known->rules, now, stack, *frame);
        if (!caller) return End::Lost;
        places.push_back(
            {.image = known->image, .place = place, .function = known->rules->function});
        returns = !known->rules->of_signal;
        now = *caller;
    }
    return End::Lost;
}

}  // namespace hone::measure::native
