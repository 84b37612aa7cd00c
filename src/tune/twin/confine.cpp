// SPDX-License-Identifier: Apache-2.0
#include "tune/twin/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace hone::tune {
namespace {

// What computing needs and nobody outside can notice. Not getpid: two twins would differ by it.
constexpr std::array kHarmless = {
    SYS_mmap,           SYS_munmap,        SYS_mremap,       SYS_madvise,
    SYS_mprotect,       SYS_brk,           SYS_futex,        SYS_rt_sigreturn,
    SYS_rt_sigprocmask, SYS_clock_gettime, SYS_gettimeofday, SYS_time,
    SYS_getrandom,      SYS_sched_yield,   SYS_exit_group,   SYS_exit};

void end_on_effect(int) {
    _exit(kHadEffects);
}

struct Mapping {
    std::uintptr_t start;
    std::uintptr_t end;
};

std::vector<Mapping> shared_mappings() {
    std::vector<Mapping> out;
    FILE* const maps = fopen("/proc/self/maps", "re");
    char line[512];
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long start = 0, end = 0;
        char rights[5] = {};
        if (sscanf(line, "%lx-%lx %4s", &start, &end, rights) != 3) continue;
        if (rights[0] == 'r' && rights[1] == 'w' && rights[3] == 's') out.push_back({start, end});
    }
    if (maps) fclose(maps);
    return out;
}

int make_private(const Mapping& mapping) {
    const std::size_t size = mapping.end - mapping.start;
    void* const place = reinterpret_cast<void*>(mapping.start);
    void* const copy =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED) return errno;
    std::memcpy(copy, place, size);
    return mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED ? errno : 0;
}

sock_filter statement(unsigned code, std::uint32_t k) {
    return {static_cast<std::uint16_t>(code), 0, 0, k};
}
sock_filter jump(std::uint32_t k, std::uint8_t yes, std::uint8_t no) {
    return {BPF_JMP | BPF_JEQ | BPF_K, yes, no, k};
}

int install_filter(int result_pipe) {
    std::vector<sock_filter> program{
        statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        jump(AUDIT_ARCH_X86_64, 1, 0),
        statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    };
    for (const long number : kHarmless) {
        program.push_back(jump(static_cast<std::uint32_t>(number), 0, 1));
        program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    }
    program.push_back(jump(SYS_write, 0, 3));
    program.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
    program.push_back(jump(static_cast<std::uint32_t>(result_pipe), 0, 1));
    program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_TRAP));
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return errno;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0 ? errno : 0;
}

}  // namespace

int confine(int result_pipe) {
    for (const Mapping& mapping : shared_mappings()) {
        if (const int why = make_private(mapping)) return why;
    }
    struct sigaction action{};
    action.sa_handler = end_on_effect;
    if (sigaction(SIGSYS, &action, nullptr) < 0) return errno;
    return install_filter(result_pipe);
}

}  // namespace hone::tune
