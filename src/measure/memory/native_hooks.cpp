// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/memory/native_hooks.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>
#include <utility>

#include <dlfcn.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/memory/got.h"
#include "measure/memory/recorder.h"

// native_jumps.S
extern "C" {
[[gnu::visibility("hidden")]] void* hone_memory_real_dlopen = nullptr;
[[gnu::visibility("hidden")]] void* hone_memory_real_dlsym = nullptr;
void hone_memory_dlopen();
void hone_memory_dlsym();
void* hone_memory_symbol(void* handle, const char* name);
void hone_memory_expect_objects();
}

namespace hone::measure::memory {

namespace {

constexpr std::size_t kLargest = std::size_t{1} << 46;
constexpr std::size_t kLeastCopied = 1024;  // bytes; less is no copy of note and must cost nothing

// What the hooks call, by the names of the functions.
struct {
    void* (*malloc)(std::size_t);
    void* (*calloc)(std::size_t, std::size_t);
    void* (*realloc)(void*, std::size_t);
    void* (*reallocarray)(void*, std::size_t, std::size_t);
    void (*free)(void*);
    int (*posix_memalign)(void**, std::size_t, std::size_t);
    void* (*aligned_alloc)(std::size_t, std::size_t);
    void* (*memalign)(std::size_t, std::size_t);
    void* (*valloc)(std::size_t);
    void* (*pvalloc)(std::size_t);
    std::size_t (*malloc_usable_size)(void*);
    void* (*mmap)(void*, std::size_t, int, int, int, off_t);
    int (*munmap)(void*, std::size_t);
    void* (*mremap)(void*, std::size_t, std::size_t, int, ...);
    void* (*memcpy)(void*, const void*, std::size_t);
    void* (*memmove)(void*, const void*, std::size_t);
    void* (*memcpy_checked)(void*, const void*, std::size_t, std::size_t);
    void* (*memmove_checked)(void*, const void*, std::size_t, std::size_t);
} real;

constexpr int kAlarms =
    64;  // blocks, at most, at which a library is looked for that is being loaded

std::mutex hooking;
std::atomic<int> alarms = 0;

std::int64_t counted(std::size_t size) noexcept {
    return static_cast<std::int64_t>(std::clamp<std::size_t>(size, 1, kLargest));
}

// Is what this thread asks for now to be counted?
bool counts(const Stream& stream) noexcept {
    return stream.inside == 0 && !stream.busy && recording.load(std::memory_order_relaxed);
}

[[gnu::noinline]] void* noted(Stream& mine, void* block, std::int64_t size) noexcept {
    hook_new_libraries();
    if (block == nullptr)
        mine.native.blocks.give_back(size);
    else
        note_block(mine.native, block, size);
    return block;
}

// A block that `get` gets.
template <class Get>
[[gnu::always_inline]] inline void* get_block(std::size_t size, Get get) noexcept {
    Stream& mine = stream();
    if (counts(mine) && mine.native.blocks.take(counted(size))) [[unlikely]]
        return noted(mine, get(), counted(size));
    return get();
}

void* malloc_hook(std::size_t size) noexcept {
    return get_block(size, [=] { return real.malloc(size); });
}

void* calloc_hook(std::size_t count, std::size_t each) noexcept {
    std::size_t size;
    if (__builtin_mul_overflow(count, each, &size)) return real.calloc(count, each);
    return get_block(size, [=] { return real.calloc(count, each); });
}

void* aligned_alloc_hook(std::size_t alignment, std::size_t size) noexcept {
    return get_block(size, [=] { return real.aligned_alloc(alignment, size); });
}

void* memalign_hook(std::size_t alignment, std::size_t size) noexcept {
    return get_block(size, [=] { return real.memalign(alignment, size); });
}

void* valloc_hook(std::size_t size) noexcept {
    return get_block(size, [=] { return real.valloc(size); });
}

void* pvalloc_hook(std::size_t size) noexcept {
    return get_block(size, [=] { return real.pvalloc(size); });
}

int posix_memalign_hook(void** block, std::size_t alignment, std::size_t size) noexcept {
    int error = 0;
    get_block(size, [&]() -> void* {
        error = real.posix_memalign(block, alignment, size);
        return error == 0 ? *block : nullptr;
    });
    return error;
}

void free_hook(void* block) noexcept {
    if (live_blocks.may_have(block)) [[unlikely]]
        note_free(block);
    real.free(block);
}

void note_resized(Stream& mine, const std::optional<Block>& lifted, void* block, std::int64_t had,
                  void* now, std::int64_t size) noexcept {
    Resized resized{.address = now, .before = had, .after = size, .moved = now != block};
    take(mine.native.blocks, resized);
    if (resized.met && resized.moved) hook_new_libraries();
    if (lifted || resized.met) note_resized(mine.native, lifted, resized);
}

template <class Get>
void* resize(void* block, std::size_t size, Get get) noexcept {
    Stream& mine = stream();
    if (block == nullptr) return get_block(size, get);
    if (!counts(mine)) {
        mine.inner_before = static_cast<std::int64_t>(real.malloc_usable_size(block));
        return get();
    }
    const auto had = static_cast<std::int64_t>(real.malloc_usable_size(block));
    std::optional<Block> lifted;
    if (live_blocks.may_have(block)) [[unlikely]]
        lifted = lift(block);
    void* const now = get();
    if (now != nullptr)
        note_resized(mine, lifted, block, had, now, counted(size));
    else if (lifted)
        size == 0 ? drop(*lifted) : put_back(*lifted);
    return now;
}

void* realloc_hook(void* block, std::size_t size) noexcept {
    return resize(block, size, [=] { return real.realloc(block, size); });
}

void* reallocarray_hook(void* block, std::size_t count, std::size_t each) noexcept {
    std::size_t size;
    if (__builtin_mul_overflow(count, each, &size)) return real.reallocarray(block, count, each);
    return resize(block, size, [=] { return real.reallocarray(block, count, each); });
}

// Memory that can be written and has no file behind it.
bool is_memory(int protection, int flags) noexcept {
    return (flags & MAP_ANONYMOUS) != 0 && (protection & PROT_WRITE) != 0;
}

void* mmap_hook(void* wanted, std::size_t size, int protection, int flags, int file,
                off_t from) noexcept {
    void* const there = real.mmap(wanted, size, protection, flags, file, from);
    if (there == MAP_FAILED || !recording.load(std::memory_order_relaxed)) return there;
    if ((flags & MAP_FIXED) != 0) note_unmapped(there, size);
    if (is_memory(protection, flags) && counts(stream())) note_mapped(there, size);
    return there;
}

int munmap_hook(void* start, std::size_t size) noexcept {
    if (recording.load(std::memory_order_relaxed)) note_unmapped(start, size);
    return real.munmap(start, size);
}

// The fifth argument is read only with MREMAP_FIXED; it is passed on whether it is there or not.
void* mremap_hook(void* before, std::size_t had, std::size_t size, int flags,
                  void* wanted) noexcept {
    void* const there = real.mremap(before, had, size, flags, wanted);
    if (there != MAP_FAILED && recording.load(std::memory_order_relaxed))
        note_remapped(before, had, there, size);
    return there;
}

[[gnu::noinline]] void note_large_copy(std::size_t size) noexcept {
    Stream& mine = stream();
    if (counts(mine) && mine.copies.blocks.take(counted(size)))
        note_copy(mine.copies, counted(size));
}

// Programs that were linked with the first memcpy() may copy what overlaps.
void* memcpy_hook(void* to, const void* from, std::size_t size) noexcept {
    if (size >= kLeastCopied) note_large_copy(size);
    return real.memmove(to, from, size);
}

void* memmove_hook(void* to, const void* from, std::size_t size) noexcept {
    if (size >= kLeastCopied) note_large_copy(size);
    return real.memmove(to, from, size);
}

void* memcpy_checked_hook(void* to, const void* from, std::size_t size, std::size_t room) noexcept {
    if (size >= kLeastCopied) note_large_copy(size);
    return real.memcpy_checked(to, from, size, room);
}

void* memmove_checked_hook(void* to, const void* from, std::size_t size,
                           std::size_t room) noexcept {
    if (size >= kLeastCopied) note_large_copy(size);
    return real.memmove_checked(to, from, size, room);
}

std::array diversions{
#define HONE_DIVERSION(name, hook, member) \
    Diversion{name, reinterpret_cast<void*>(hook), reinterpret_cast<void**>(&real.member)}
    HONE_DIVERSION("malloc", malloc_hook, malloc),
    HONE_DIVERSION("calloc", calloc_hook, calloc),
    HONE_DIVERSION("realloc", realloc_hook, realloc),
    HONE_DIVERSION("reallocarray", reallocarray_hook, reallocarray),
    HONE_DIVERSION("free", free_hook, free),
    HONE_DIVERSION("posix_memalign", posix_memalign_hook, posix_memalign),
    HONE_DIVERSION("aligned_alloc", aligned_alloc_hook, aligned_alloc),
    HONE_DIVERSION("memalign", memalign_hook, memalign),
    HONE_DIVERSION("valloc", valloc_hook, valloc),
    HONE_DIVERSION("pvalloc", pvalloc_hook, pvalloc),
    HONE_DIVERSION("mmap", mmap_hook, mmap),
    HONE_DIVERSION("mmap64", mmap_hook, mmap),
    HONE_DIVERSION("munmap", munmap_hook, munmap),
    HONE_DIVERSION("mremap", mremap_hook, mremap),
    Diversion{"memcpy", reinterpret_cast<void*>(memcpy_hook),
              reinterpret_cast<void**>(&real.memcpy), "GLIBC_2.2.5"},
    HONE_DIVERSION("memmove", memmove_hook, memmove),
    HONE_DIVERSION("__memcpy_chk", memcpy_checked_hook, memcpy_checked),
    HONE_DIVERSION("__memmove_chk", memmove_checked_hook, memmove_checked),
    Diversion{"dlopen", reinterpret_cast<void*>(hone_memory_dlopen), &hone_memory_real_dlopen},
    Diversion{"dlsym", reinterpret_cast<void*>(hone_memory_dlsym), &hone_memory_real_dlsym},
#undef HONE_DIVERSION
};
bool in = false;

}  // namespace

Result<void> put_native_hooks_in() {
    const std::scoped_lock held(hooking);
    if (in) return {};
    if (real.malloc == nullptr) {
        if (!find_real(diversions))
            return fail("this system's C library has not all that is needed");
        real.malloc_usable_size = malloc_usable_size;
    }
    divert(diversions);
    in = true;
    return {};
}

void take_native_hooks_out() noexcept {
    const std::scoped_lock held(hooking);
    if (std::exchange(in, false)) restore(diversions);
}

void hook_new_libraries() noexcept {
    if (!objects_are_expected()) [[likely]]
        return;
    const Inside inside(stream());
    const std::scoped_lock held(hooking);
    if (in && objects_wait()) divert_new(diversions);
    if (alarms > 0 && PyGILState_Check() == 1) {
        --alarms;
        small_blocks.blocks.alarm();
    }
}

}  // namespace hone::measure::memory

// What is asked for by name gets the hook, too. Null: it is to be looked up as ever.
extern "C" void* hone_memory_symbol(void* handle, const char* name) {
    using namespace hone::measure::memory;
    if (handle == RTLD_NEXT || name == nullptr || !recording.load(std::memory_order_relaxed))
        return nullptr;
    const auto wanted = std::ranges::find_if(
        diversions, [name](const Diversion& one) { return std::strcmp(one.name, name) == 0; });
    if (wanted == diversions.end()) return nullptr;
    using Lookup = void* (*)(void*, const char*);
    void* const found = reinterpret_cast<Lookup>(hone_memory_real_dlsym)(handle, name);
    return found == *wanted->real ? wanted->hook : nullptr;
}

extern "C" void hone_memory_expect_objects() {
    using namespace hone::measure::memory;
    if (!recording.load(std::memory_order_relaxed)) return;
    expect_objects();
    alarms = kAlarms;
    if (PyGILState_Check() == 1) small_blocks.blocks.alarm();
}
