// SPDX-License-Identifier: Apache-2.0
#include "measure/memory/got.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <dlfcn.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure/ticks.h"

namespace hone::measure::memory {

namespace {

constexpr int kLooks = 3;  // at new objects: when they are met they may be unfinished
constexpr std::int64_t kPause = 2'000'000;  // nanoseconds between two of them
// Looks without a pause while an object is not relocated. No more: the entry of a weak function
// that nobody defines stays empty, and numpy 2.3 has one (importing it took 50 s).
constexpr int kHurried = 64;

struct Counts {
    unsigned long long loads = 0, unloads = 0;
    bool operator==(const Counts&) const = default;
};

Counts known;                // when objects were looked at last
std::size_t finished = 0;    // the first of the objects, which need no further look
std::atomic<int> looks = 0;  // still to be taken at the others
std::atomic<std::int64_t> looked_at = 0;
std::atomic<bool> unfinished = false;
std::atomic<int> hurried = 0;

struct Range {
    std::uintptr_t from = 0, to = 0;
    [[nodiscard]] bool has(std::uintptr_t address) const { return address >= from && address < to; }
};

// One loaded object.
struct Object {
    std::uintptr_t base = 0;
    Range whole, read_only;  // the latter: after relocation
    const ElfW(Sym) * symbols = nullptr;
    const char* names = nullptr;
    std::span<const ElfW(Rela)> jumps, others;
};

Object look_at(const dl_phdr_info& info) noexcept {
    Object found{.base = info.dlpi_addr};
    const ElfW(Dyn)* dynamic = nullptr;
    found.whole.from = UINTPTR_MAX;
    for (const auto& part : std::span(info.dlpi_phdr, info.dlpi_phnum)) {
        const Range range{.from = found.base + part.p_vaddr,
                          .to = found.base + part.p_vaddr + part.p_memsz};
        if (part.p_type == PT_LOAD)
            found.whole = {.from = std::min(found.whole.from, range.from),
                           .to = std::max(found.whole.to, range.to)};
        if (part.p_type == PT_GNU_RELRO) found.read_only = range;
        if (part.p_type == PT_DYNAMIC) dynamic = reinterpret_cast<const ElfW(Dyn)*>(range.from);
    }
    if (dynamic == nullptr) return found;
    // glibc has made these absolute in place, other linkers have not.
    const auto at = [&](const ElfW(Dyn) & entry) {
        return entry.d_un.d_ptr < found.base ? found.base + entry.d_un.d_ptr : entry.d_un.d_ptr;
    };
    std::uintptr_t jumps = 0, others = 0;
    std::size_t jumps_size = 0, others_size = 0;
    bool explicit_addends = true;
    for (; dynamic->d_tag != DT_NULL; ++dynamic) switch (dynamic->d_tag) {
            case DT_SYMTAB:
                found.symbols = reinterpret_cast<const ElfW(Sym)*>(at(*dynamic));
                break;
            case DT_STRTAB:
                found.names = reinterpret_cast<const char*>(at(*dynamic));
                break;
            case DT_JMPREL:
                jumps = at(*dynamic);
                break;
            case DT_PLTRELSZ:
                jumps_size = dynamic->d_un.d_val;
                break;
            case DT_RELA:
                others = at(*dynamic);
                break;
            case DT_RELASZ:
                others_size = dynamic->d_un.d_val;
                break;
            case DT_PLTREL:
                explicit_addends = dynamic->d_un.d_val == DT_RELA;
                break;
            default:
                break;
        }
    if (!explicit_addends) return found;
    found.jumps = {reinterpret_cast<const ElfW(Rela)*>(jumps), jumps_size / sizeof(ElfW(Rela))};
    found.others = {reinterpret_cast<const ElfW(Rela)*>(others), others_size / sizeof(ElfW(Rela))};
    return found;
}

// This library's own calls are not diverted, the kernel's and the linker's can't be.
bool is_left_alone(const dl_phdr_info& info, const Object& object) noexcept {
    const std::string_view name = info.dlpi_name;
    return object.symbols == nullptr || object.names == nullptr ||
           object.whole.has(reinterpret_cast<std::uintptr_t>(&known)) ||
           name.starts_with("linux-vdso") || name.contains("/ld-linux");
}

bool set_slot(const Object& object, std::uintptr_t slot, std::uintptr_t value) noexcept {
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    void* const start = reinterpret_cast<void*>(slot & ~(page - 1));
    // The linker closes whole pages only: the one that the part ends in stays open.
    const bool closed = object.read_only.has(slot) && slot < (object.read_only.to & ~(page - 1));
    if (closed && mprotect(start, page, PROT_READ | PROT_WRITE) != 0) return false;
    __atomic_store_n(reinterpret_cast<std::uintptr_t*>(slot), value, __ATOMIC_RELEASE);
    if (closed) mprotect(start, page, PROT_READ);
    return true;
}

bool can_be_diverted(const ElfW(Rela) & entry) noexcept {
    const auto type = ELF64_R_TYPE(entry.r_info);
    return type == R_X86_64_JUMP_SLOT ||
           (entry.r_addend == 0 && (type == R_X86_64_GLOB_DAT || type == R_X86_64_64));
}

struct Work {
    std::span<const Diversion> diversions;
    bool back;
    std::size_t skipped = 0;  // objects in front
    std::size_t met = 0;
    bool unfinished = false;  // an object has been met that is not relocated yet
};

const Diversion* diversion_of(const Work& work, const char* name) noexcept {
    for (const Diversion& one : work.diversions)
        if (one.name[0] == name[0] && std::strcmp(one.name, name) == 0) return &one;
    return nullptr;
}

void divert_entry(Work& work, const Object& object, const ElfW(Rela) & entry) noexcept {
    if (!can_be_diverted(entry)) return;
    const ElfW(Sym) & symbol = object.symbols[ELF64_R_SYM(entry.r_info)];
    const Diversion* const wanted = diversion_of(work, object.names + symbol.st_name);
    if (wanted == nullptr) return;
    const std::uintptr_t slot = object.base + entry.r_offset;
    const auto now =
        __atomic_load_n(reinterpret_cast<const std::uintptr_t*>(slot), __ATOMIC_ACQUIRE);
    const auto hook = reinterpret_cast<std::uintptr_t>(wanted->hook);
    const auto real = reinterpret_cast<std::uintptr_t>(*wanted->real);
    if (work.back) {
        if (now == hook) set_slot(object, slot, real);
        return;
    }
    work.unfinished |= object.base != 0 && now < object.whole.to - object.whole.from;
    const auto older = reinterpret_cast<std::uintptr_t>(wanted->older);
    const bool unbound = symbol.st_shndx == SHN_UNDEF && object.whole.has(now) &&
                         ELF64_R_TYPE(entry.r_info) == R_X86_64_JUMP_SLOT;
    if (now == real || (older != 0 && now == older) || unbound) set_slot(object, slot, hook);
}

int divert_object(dl_phdr_info* info, std::size_t, void* given) noexcept {
    Work& work = *static_cast<Work*>(given);
    if (work.met++ < work.skipped) return 0;
    const Object object = look_at(*info);
    if (is_left_alone(*info, object)) return 0;
    for (const auto entries : {object.jumps, object.others})
        for (const auto& entry : entries) divert_entry(work, object, entry);
    return 0;
}

int read_counts(dl_phdr_info* info, std::size_t, void* counts) noexcept {
    *static_cast<Counts*>(counts) = {.loads = info->dlpi_adds, .unloads = info->dlpi_subs};
    return 1;
}

Counts counts_now() noexcept {
    Counts found;
    dl_iterate_phdr(read_counts, &found);
    return found;
}

void divert_from(std::size_t first, std::span<const Diversion> diversions) noexcept {
    Work work{.diversions = diversions, .back = false, .skipped = first};
    dl_iterate_phdr(divert_object, &work);
    looked_at = monotonic_ns();
    if (hurried > 0) --hurried;
    unfinished = work.unfinished && hurried > 0;
    if (looks == 0 && !work.unfinished) finished = work.met;
}

// In the order in which the dynamic linker looks for it; an object's own definitions only.
void* find_first(const char* name) {
    void* const program = dlopen(nullptr, RTLD_LAZY);
    link_map* object = nullptr;
    if (program == nullptr || dlinfo(program, RTLD_DI_LINKMAP, &object) != 0) return nullptr;
    void* found = nullptr;
    for (; object != nullptr && found == nullptr; object = object->l_next) {
        void* const handle =
            object->l_name[0] == 0 ? nullptr : dlopen(object->l_name, RTLD_LAZY | RTLD_NOLOAD);
        if (handle == nullptr) continue;
        void* const there = dlsym(handle, name);
        Dl_info info;
        if (there != nullptr && dladdr(there, &info) != 0 &&
            info.dli_fbase == reinterpret_cast<void*>(object->l_addr))
            found = there;
        dlclose(handle);
    }
    dlclose(program);
    return found;
}

// One that the program itself defines; not the stub that stands for a function of another object.
void* find_in_program(const char* name) {
    void* const there = dlsym(RTLD_DEFAULT, name);
    Dl_info info;
    void* symbol = nullptr;
    if (there == nullptr || dladdr1(there, &info, &symbol, RTLD_DL_SYMENT) == 0) return nullptr;
    const auto program = getauxval(AT_PHDR) - sizeof(ElfW(Ehdr));  // they lie behind each other
    const bool own = symbol != nullptr &&
                     static_cast<const ElfW(Sym)*>(symbol)->st_shndx != SHN_UNDEF &&
                     reinterpret_cast<std::uintptr_t>(info.dli_fbase) == program;
    return own ? there : nullptr;
}

}  // namespace

bool find_real(std::span<Diversion> diversions) {
    for (Diversion& one : diversions) {
        void* const own = find_in_program(one.name);
        *one.real = own != nullptr ? own : find_first(one.name);
        if (*one.real == nullptr) return false;
        if (one.older_version != nullptr)
            one.older = dlvsym(RTLD_DEFAULT, one.name, one.older_version);
    }
    return true;
}

void divert(std::span<const Diversion> diversions) noexcept {
    known = counts_now();
    looks = 0;
    divert_from(0, diversions);
}

void expect_objects() noexcept {
    hurried = kHurried;
    looks = kLooks;
}

bool objects_are_expected() noexcept {
    return looks.load(std::memory_order_relaxed) != 0;
}

bool objects_wait() noexcept {
    if (!objects_are_expected()) return false;
    return unfinished || monotonic_ns() - looked_at >= kPause || !(counts_now() == known);
}

void divert_new(std::span<const Diversion> diversions) noexcept {
    const Counts now = counts_now();
    looks = now == known && !unfinished ? looks - 1 : kLooks;
    if (now != known) hurried = kHurried;
    // Objects keep their order; where one went, those behind it move up.
    const bool moved = now.unloads != known.unloads;
    known = now;
    divert_from(moved ? 0 : finished, diversions);
}

void restore(std::span<const Diversion> diversions) noexcept {
    Work work{.diversions = diversions, .back = true};
    dl_iterate_phdr(divert_object, &work);
}

}  // namespace hone::measure::memory
