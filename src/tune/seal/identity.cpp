// SPDX-License-Identifier: Apache-2.0
#include "tune/seal/identity.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <string>

#include "tune/seal/failure.h"

namespace hone::tune {
namespace {

constexpr std::array kLostPowers = {
    CAP_SYS_ADMIN,  CAP_SYS_MODULE, CAP_SYS_RAWIO,         CAP_SYS_BOOT,      CAP_SYS_TIME,
    CAP_MKNOD,      CAP_SYSLOG,     CAP_WAKE_ALARM,        CAP_AUDIT_CONTROL, CAP_AUDIT_WRITE,
    CAP_AUDIT_READ, CAP_MAC_ADMIN,  CAP_MAC_OVERRIDE,      CAP_SYS_PACCT,     CAP_BLOCK_SUSPEND,
    CAP_PERFMON,    CAP_BPF,        CAP_CHECKPOINT_RESTORE};

void write_file(const char* path, const std::string& text) {
    const int file = must(open(path, O_WRONLY | O_CLOEXEC), std::string("open ") + path);
    const ssize_t written = write(file, text.data(), text.size());
    const int why = errno;
    close(file);
    errno = why;
    must(written < 0 ? -1 : 0, std::string("write ") + path);
}

void map_same_user(uid_t user, gid_t group) {
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", std::to_string(user) + " " + std::to_string(user) + " 1");
    write_file("/proc/self/gid_map", std::to_string(group) + " " + std::to_string(group) + " 1");
}

__user_cap_data_struct* read_capabilities(std::array<__user_cap_data_struct, 2>& data) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    must(static_cast<int>(syscall(SYS_capget, &header, data.data())), "read the capabilities");
    return data.data();
}

bool has_power(int capability) {
    std::array<__user_cap_data_struct, 2> data{};
    const auto* words = read_capabilities(data);
    return (words[capability / 32].effective >> (capability % 32)) & 1;
}

}  // namespace

Privilege current_privilege() {
    return geteuid() == 0 && has_power(CAP_SYS_ADMIN) ? Privilege::kRoot : Privilege::kUser;
}

void enter_namespaces(Privilege privilege) {
    const uid_t user = geteuid();
    const gid_t group = getegid();
    constexpr int kSpaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS;
    if (privilege == Privilege::kUser) {
        must(unshare(CLONE_NEWUSER), "make a user namespace");
        map_same_user(user, group);
    }
    must(unshare(kSpaces), "make namespaces");
}

void raise_loopback() {
    const int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sock < 0) return;  // a kernel without IPv4: then the program has no loopback outside either
    ifreq request{};
    request.ifr_name[0] = 'l';
    request.ifr_name[1] = 'o';
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const int result = ioctl(sock, SIOCSIFFLAGS, &request);
    close(sock);
    must(result, "raise the loopback interface");
}

void give_up_powers() {
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "refuse new privileges");
    std::array<__user_cap_data_struct, 2> data{};
    auto* words = read_capabilities(data);
    for (const int capability : kLostPowers) {
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);  // fails for those the kernel does not know
        const auto keep = ~(1u << (capability % 32));
        words[capability / 32].effective &= keep;
        words[capability / 32].permitted &= keep;
        words[capability / 32].inheritable &= keep;
    }
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    must(static_cast<int>(syscall(SYS_capset, &header, data.data())), "give up capabilities");
}

}  // namespace hone::tune
