// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/memory/python_hooks.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "measure/memory/native_hooks.h"
#include "measure/memory/recorder.h"

namespace hone::measure::memory {

namespace {

constexpr std::array kPythonDomains{PYMEM_DOMAIN_RAW, PYMEM_DOMAIN_MEM, PYMEM_DOMAIN_OBJ};
constexpr std::size_t kRaw = 0;
constexpr std::size_t kLargestSmall = 512;  // that pymalloc serves: SMALL_REQUEST_THRESHOLD
constexpr std::size_t kLargest = std::size_t{1} << 46;

std::array<PyMemAllocatorEx, kPythonDomains.size()> before{};
std::array<bool, kPythonDomains.size()> in{};
PyObjectArenaAllocator arenas_before{};
// Blocks of 1 to this many bytes are got without any other allocator; 0: there are none.
std::size_t largest_small = 0;

template <std::size_t D>
bool is_small(std::size_t size) noexcept {
    return D != kRaw && size - 1 < largest_small;
}

std::int64_t counted(std::size_t size) noexcept {
    return static_cast<std::int64_t>(std::clamp<std::size_t>(size, 1, kLargest));
}

// A block that `get` gets, from an allocator whose own requests are parts of it.
template <class Get>
void* get_large(std::size_t size, Get get) noexcept {
    Stream& mine = stream();
    if (mine.inside != 0 || mine.busy || !recording.load(std::memory_order_relaxed)) return get();
    void* block;
    {
        const Inside inside(mine);
        block = get();
    }
    if (block == nullptr) return nullptr;
    if (mine.python.blocks.take(counted(size))) note_block(mine.python, block, counted(size));
    return block;
}

[[gnu::noinline]] void* noted_small(void* block, std::size_t size) noexcept {
    const bool passed = small_blocks.blocks.passed();
    hook_new_libraries();
    if (passed) return block;
    if (block == nullptr)
        small_blocks.blocks.give_back(static_cast<std::int64_t>(size));
    else
        note_block(small_blocks, block, static_cast<std::int64_t>(size));
    return block;
}

template <std::size_t D>
void* malloc_hook(void*, std::size_t size) noexcept {
    const PyMemAllocatorEx& real = before[D];
    if (is_small<D>(size)) [[likely]] {
        if (small_blocks.blocks.take(static_cast<std::int64_t>(size))) [[unlikely]]
            return noted_small(real.malloc(real.ctx, size), size);
        return real.malloc(real.ctx, size);
    }
    return get_large(size, [&] { return real.malloc(real.ctx, size); });
}

// Python's map of its arenas (arena_map_bot_t, 128 KiB for 16 GiB of addresses) grows within the
// request for the small block that needed another arena. Who would flag each of these to be known
// here pays for it at every small block.
bool is_of_arenas(std::size_t count, const Stream& mine) noexcept {
    return largest_small != 0 && count == 1 && mine.arena_at == small_blocks.blocks.number();
}

template <std::size_t D>
void* calloc_hook(void*, std::size_t count, std::size_t each) noexcept {
    const PyMemAllocatorEx& real = before[D];
    std::size_t size;
    if (__builtin_mul_overflow(count, each, &size)) return real.calloc(real.ctx, count, each);
    if (is_small<D>(size)) {
        if (small_blocks.blocks.take(static_cast<std::int64_t>(size))) [[unlikely]]
            return noted_small(real.calloc(real.ctx, count, each), size);
        return real.calloc(real.ctx, count, each);
    }
    if (D == kRaw && is_of_arenas(count, stream())) {
        const Inside inside(stream());
        return real.calloc(real.ctx, count, each);
    }
    return get_large(size, [&] { return real.calloc(real.ctx, count, each); });
}

template <std::size_t D>
void free_hook(void*, void* block) noexcept {
    const PyMemAllocatorEx& real = before[D];
    if (live_blocks.may_have(block)) [[unlikely]]
        note_free(block);
    real.free(real.ctx, block);
}

void note_new(Source& source, const std::optional<Block>& lifted, const void* block,
              std::int64_t size) noexcept {
    if (lifted) drop(*lifted);
    if (source.blocks.take(size) && !source.blocks.passed()) note_block(source, block, size);
}

// How much it had is known if malloc() is below. Where Python's own or a debugging allocator gives
// it the same place, it has grown by less than what counts; another one is a new block.
void* resize(const PyMemAllocatorEx& real, void* block, std::size_t size, Stream& mine,
             Source& source) noexcept {
    std::optional<Block> lifted;
    if (live_blocks.may_have(block)) [[unlikely]]
        lifted = lift(block);
    mine.inner_before = -1;
    void* now;
    {
        const Inside inside(mine);
        now = real.realloc(real.ctx, block, size);
    }
    if (now == nullptr) {
        if (lifted) put_back(*lifted);
        return nullptr;
    }
    if (now != block && mine.inner_before < 0) {
        note_new(source, lifted, now, counted(size));
        return now;
    }
    const std::int64_t had = mine.inner_before < 0 ? counted(size) : mine.inner_before;
    Resized resized{.address = now, .before = had, .after = counted(size), .moved = now != block};
    take(source.blocks, resized);
    if (lifted || resized.met) note_resized(source, lifted, resized);
    return now;
}

template <std::size_t D>
void* realloc_hook(void* context, void* block, std::size_t size) noexcept {
    const PyMemAllocatorEx& real = before[D];
    if (block == nullptr) return malloc_hook<D>(context, size);
    Stream& mine = stream();
    if (mine.inside != 0 || mine.busy || !recording.load(std::memory_order_relaxed))
        return real.realloc(real.ctx, block, size);
    return resize(real, block, size, mine, is_small<D>(size) ? small_blocks : mine.python);
}

// Arenas are memory of the blocks in them.
void* get_arena(void*, std::size_t size) noexcept {
    const Inside inside(stream());
    stream().arena_at = small_blocks.blocks.number();
    return arenas_before.alloc(arenas_before.ctx, size);
}

void give_arena_back(void*, void* arena, std::size_t size) noexcept {
    const Inside inside(stream());
    arenas_before.free(arenas_before.ctx, arena, size);
}

template <std::size_t... D>
constexpr auto make_hooks(std::index_sequence<D...>) {
    return std::array{PyMemAllocatorEx{nullptr, malloc_hook<D>, calloc_hook<D>, realloc_hook<D>,
                                       free_hook<D>}...};
}
std::array hooks = make_hooks(std::make_index_sequence<kPythonDomains.size()>{});

bool is_ours(std::size_t domain) noexcept {
    PyMemAllocatorEx now;
    PyMem_GetAllocator(kPythonDomains[domain], &now);
    return now.malloc == hooks[domain].malloc;
}

// Does Python's own allocator, and nothing in front of it, serve its objects?
bool has_pymalloc() noexcept {
    PyMemAllocatorEx raw, objects;
    PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &raw);
    PyMem_GetAllocator(PYMEM_DOMAIN_OBJ, &objects);
    const char* const wanted = std::getenv("PYTHONMALLOC");
    const bool other = wanted != nullptr && std::string_view(wanted).starts_with("mimalloc");
    return objects.ctx == nullptr && objects.malloc != raw.malloc && !other;
}

}  // namespace

void put_python_hooks_in() noexcept {
    if (!std::ranges::count(in, true)) largest_small = has_pymalloc() ? kLargestSmall : 0;
    for (std::size_t i = 0; i < kPythonDomains.size(); ++i) {
        if (std::exchange(in[i], true)) continue;
        PyMem_GetAllocator(kPythonDomains[i], &before[i]);
        PyMem_SetAllocator(kPythonDomains[i], &hooks[i]);
    }
    PyObjectArenaAllocator arenas;
    PyObject_GetArenaAllocator(&arenas);
    if (arenas.alloc == get_arena) return;
    arenas_before = arenas;
    arenas = {nullptr, get_arena, give_arena_back};
    PyObject_SetArenaAllocator(&arenas);
}

void take_python_hooks_out() noexcept {
    for (std::size_t i = 0; i < kPythonDomains.size(); ++i) {
        if (!in[i] || !is_ours(i)) continue;
        PyMem_SetAllocator(kPythonDomains[i], &before[i]);
        in[i] = false;
    }
    PyObjectArenaAllocator arenas;
    PyObject_GetArenaAllocator(&arenas);
    if (arenas.alloc == get_arena) PyObject_SetArenaAllocator(&arenas_before);
}

}  // namespace hone::measure::memory
