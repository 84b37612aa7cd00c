// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/memory/profiler.h"

#include <algorithm>
#include <array>

#include "cpython/events/compiled_calls.h"
#include "measure/memory/native_hooks.h"
#include "measure/memory/python_hooks.h"
#include "measure/memory/recorder.h"
#include "measure/ticks.h"

namespace hone::measure::memory {

namespace {

constexpr int kRounds = 15, kBlocks = 200;

Ticks time_of_blocks() noexcept {
    std::array<void*, kBlocks> blocks;
    const Ticks begun = now_ticks();
    for (void*& block : blocks) block = PyObject_Malloc(48);
    for (void* const block : blocks) PyObject_Free(block);
    return now_ticks() - begun;
}

Ticks quickest() noexcept {
    Ticks best = time_of_blocks();
    for (int i = 1; i < kRounds; ++i) best = std::min(best, time_of_blocks());
    return best;
}

// Nanoseconds that the hooks take of a block's life, without a sample.
double price_of_block() noexcept {
    const double scale = tick_scale().seconds_per_tick() * 1e9;
    small_blocks.blocks.rest();
    const Ticks plain = quickest();
    put_python_hooks_in();
    const Ticks hooked = quickest();
    take_python_hooks_out();
    return std::max(0.0, static_cast<double>(hooked - plain) * scale / kBlocks);
}

// Compiled code tells where it is from now on, or no longer.
void ask_compiled_code(bool on) noexcept {
    cpython::CompiledCalls& compiled = cpython::compiled_calls();
    compiled.compiling = on ? &leave_out : nullptr;
    if (compiled.changed != nullptr) compiled.changed();
}

}  // namespace

Result<void> start(const Options& options) {
    if (is_on()) return fail("this process's memory is profiled already");
    const double price = price_of_block();
    ask_compiled_code(true);  // the first time it asks for memory
    auto started = open_recorder({.store = options.store,
                                  .every = options.every,
                                  .seed = options.seed,
                                  .block_cost = price});
    if (started) {
        started = put_native_hooks_in();
        if (!started) close_recorder();
    }
    if (started)
        put_python_hooks_in();
    else
        ask_compiled_code(false);
    return started;
}

void stop() noexcept {
    take_python_hooks_out();
    take_native_hooks_out();
    close_recorder();
    ask_compiled_code(false);
}

bool is_on() noexcept {
    return recording.load(std::memory_order_relaxed);
}

}  // namespace hone::measure::memory
