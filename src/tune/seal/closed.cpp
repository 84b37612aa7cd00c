// SPDX-License-Identifier: Apache-2.0
#include "tune/seal/closed.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "tune/seal/failure.h"

namespace hone::tune {
namespace {

// The kernel's interface as of its version 6; older kernels are given the part they know.
struct Ruleset {
    std::uint64_t files = 0;
    std::uint64_t network = 0;
    std::uint64_t scopes = 0;
};
struct __attribute__((packed)) PathRule {
    std::uint64_t allowed = 0;
    std::int32_t folder = -1;
};
constexpr unsigned kAskVersion = 1;
constexpr int kPathBeneath = 1;
constexpr std::uint64_t kWriteFile = 1ULL << 1;
constexpr std::uint64_t kMakeAndRemove = 0x1ff0;  // bits 4 to 12: REMOVE_DIR to MAKE_SYM
constexpr std::uint64_t kRefer = 1ULL << 13, kTruncate = 1ULL << 14, kDeviceIoctl = 1ULL << 15;
constexpr std::uint64_t kTcp = 3;     // bind, connect
constexpr std::uint64_t kScopes = 3;  // abstract sockets, signals
constexpr int kSignalScopes = 6;      // the version from which they are known

int landlock_version() {
    return must(static_cast<int>(syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion)),
                "ask for Landlock");
}

std::uint64_t file_rights(int version) {
    std::uint64_t rights = kWriteFile | kMakeAndRemove;
    if (version >= 2) rights |= kRefer;
    if (version >= 3) rights |= kTruncate;
    if (version >= 5) rights |= kDeviceIoctl;
    return rights;
}

void allow(int ruleset, const std::string& path, std::uint64_t rights) {
    PathRule rule;
    rule.allowed = rights;
    rule.folder = open(path.c_str(), O_PATH | O_CLOEXEC);
    if (rule.folder < 0) return;  // what is not there needs no permission
    const long result = syscall(SYS_landlock_add_rule, ruleset, kPathBeneath, &rule, 0);
    close(rule.folder);
    must(static_cast<int>(result), "allow " + path);
}

void close_files(int version, const std::vector<std::string>& writable) {
    Ruleset rules{.files = file_rights(version)};
    if (version >= 4) rules.network = kTcp;
    if (version >= kSignalScopes) rules.scopes = kScopes;
    const std::size_t size = version >= kSignalScopes ? 24 : version >= 4 ? 16 : 8;
    const int ruleset =
        must(static_cast<int>(syscall(SYS_landlock_create_ruleset, &rules, size, 0)),
             "make Landlock rules");
    for (const char* device : {"/dev/null", "/dev/zero", "/dev/full"})
        allow(ruleset, device, rules.files & (kWriteFile | kTruncate));
    for (const std::string& path : writable) allow(ruleset, path, rules.files);
    must(static_cast<int>(syscall(SYS_landlock_restrict_self, ruleset, 0)), "restrict by Landlock");
    close(ruleset);
}

// What Landlock does not know of.
constexpr std::array kRefused = {SYS_socket,       SYS_shmget,          SYS_shmat,
                                 SYS_msgget,       SYS_semget,          SYS_mq_open,
                                 SYS_mq_unlink,    SYS_ptrace,          SYS_process_vm_writev,
                                 SYS_pidfd_getfd,  SYS_io_uring_setup,  SYS_chmod,
                                 SYS_fchmod,       SYS_fchmodat,        SYS_chown,
                                 SYS_fchown,       SYS_lchown,          SYS_fchownat,
                                 SYS_utime,        SYS_utimes,          SYS_futimesat,
                                 SYS_utimensat,    SYS_setxattr,        SYS_lsetxattr,
                                 SYS_fsetxattr,    SYS_removexattr,     SYS_lremovexattr,
                                 SYS_fremovexattr, SYS_mount,           SYS_umount2,
                                 SYS_pivot_root,   SYS_setns,           SYS_unshare,
                                 SYS_settimeofday, SYS_clock_settime,   SYS_clock_adjtime,
                                 SYS_sethostname,  SYS_setdomainname,   SYS_reboot,
                                 SYS_bpf,          SYS_perf_event_open, SYS_keyctl,
                                 SYS_add_key,      SYS_request_key,     SYS_setpriority,
                                 SYS_init_module,  SYS_finit_module,    SYS_delete_module};
constexpr long kFchmodat2 = 452;

class Filter {
  public:
    Filter() {
        add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
        jump(AUDIT_ARCH_X86_64, 1, 0);
        add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
        add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    }
    void refuse(long number) {
        jump(static_cast<std::uint32_t>(number), 0, 1);
        add(BPF_RET | BPF_K, kDenied);
    }
    // Refused where the argument, masked, is (or is not) `value`.
    void refuse_if(long number, unsigned argument, std::uint32_t mask, std::uint32_t value,
                   bool equal) {
        jump(static_cast<std::uint32_t>(number), 0, 5);
        add(BPF_LD | BPF_W | BPF_ABS,
            static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8 * argument));
        add(BPF_ALU | BPF_AND | BPF_K, mask);
        jump(value, equal ? 0 : 1, equal ? 1 : 0);
        add(BPF_RET | BPF_K, kDenied);
        add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    void install() {
        add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        const sock_fprog filter{static_cast<unsigned short>(program_.size()), program_.data()};
        must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), "install a system-call filter");
    }

  private:
    static constexpr std::uint32_t kDenied = SECCOMP_RET_ERRNO | EACCES;
    void add(unsigned code, std::uint32_t k) {
        program_.push_back({static_cast<std::uint16_t>(code), 0, 0, k});
    }
    void jump(std::uint32_t k, std::uint8_t yes, std::uint8_t no) {
        program_.push_back({BPF_JMP | BPF_JEQ | BPF_K, yes, no, k});
    }
    std::vector<sock_filter> program_;
};

void filter_calls(int version) {
    Filter filter;
    for (const long number : kRefused) filter.refuse(number);
    filter.refuse(kFchmodat2);
    // A pair of datagram sockets can send to others.
    filter.refuse_if(SYS_socketpair, 1, 0xf, SOCK_DGRAM, true);
    filter.refuse_if(SYS_prlimit64, 0, ~0u, 0, false);
    filter.refuse_if(SYS_sched_setaffinity, 0, ~0u, 0, false);
    if (version < kSignalScopes) {
        const auto self = static_cast<std::uint32_t>(getpid());
        for (const long number : {SYS_kill, SYS_tgkill})
            filter.refuse_if(number, 0, ~0u, self, false);
        for (const long number : {SYS_tkill, SYS_pidfd_send_signal, SYS_rt_sigqueueinfo})
            filter.refuse(number);
    }
    filter.install();
}

}  // namespace

void close_off(const std::vector<std::string>& writable) {
    const int version = landlock_version();
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "refuse new privileges");
    close_files(version, writable);
    filter_calls(version);
}

}  // namespace hone::tune
