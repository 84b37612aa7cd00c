// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/stacks/threads.h"

namespace hone::cpython {

namespace {

constexpr std::size_t kMost = 10'000;

template <class Field>
std::optional<Field> field(OwnMemory& memory, Address state, std::size_t offset) noexcept {
    return memory.read<Field>(state + offset);
}

}  // namespace

Address newest_thread() noexcept {
    const PyInterpreterState* const interpreter = PyInterpreterState_Main();
    return reinterpret_cast<Address>(__atomic_load_n(&interpreter->threads.head, __ATOMIC_ACQUIRE));
}

std::optional<ThreadFacts> read_thread(OwnMemory& memory, Address state) noexcept {
    const auto native =
        field<unsigned long>(memory, state, offsetof(PyThreadState, native_thread_id));
    const auto own = field<unsigned long>(memory, state, offsetof(PyThreadState, thread_id));
    if (!native || !own) return std::nullopt;
    return ThreadFacts{
        .state = state, .native_id = static_cast<std::int32_t>(*native), .identifier = *own};
}

std::optional<std::vector<ThreadFacts>> read_threads(OwnMemory& memory) {
    memory.forget();
    std::vector<ThreadFacts> found;
    const Address first = newest_thread();
    for (Address state = first; state != 0;) {
        const auto facts = read_thread(memory, state);
        const auto next = field<Address>(memory, state, offsetof(PyThreadState, next));
        if (!facts || !next || found.size() == kMost) return std::nullopt;
        if (facts->native_id != 0) found.push_back(*facts);  // it has not started yet
        state = *next;
    }
    if (newest_thread() != first) return std::nullopt;
    return found;
}

Address gil_holder() noexcept {
    return raw::gil_holder(PyInterpreterState_Main());
}

GilStay gil_stay() noexcept {
    const PyInterpreterState* const interpreter = PyInterpreterState_Main();
    const unsigned long switches = raw::gil_switches(interpreter);
    return {.switches = switches, .last = raw::last_gil_holder(interpreter)};
}

bool collects_garbage() noexcept {
    return __atomic_load_n(&PyInterpreterState_Main()->gc.collecting, __ATOMIC_RELAXED) != 0;
}

}  // namespace hone::cpython
