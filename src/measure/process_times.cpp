// SPDX-License-Identifier: Apache-2.0
#include "measure/process_times.h"

#include <sys/resource.h>

#include <cstdio>
#include <memory>

#include "measure/ticks.h"

namespace hone::measure {

namespace {

double seconds(const timeval& time) noexcept {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::int64_t peak_resident_bytes() noexcept {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> status(
        std::fopen("/proc/self/status", "re"), std::fclose);
    if (!status) return 0;
    char line[256];
    while (std::fgets(line, sizeof line, status.get()) != nullptr) {
        long long kilobytes = 0;
        if (std::sscanf(line, "VmHWM: %lld kB", &kilobytes) == 1) return kilobytes * 1024;
    }
    return 0;
}

}  // namespace

ProcessTimes process_times() noexcept {
    rusage self{};
    rusage children{};
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    return {.wall_ns = monotonic_ns(),
            .user_seconds = seconds(self.ru_utime),
            .system_seconds = seconds(self.ru_stime),
            .children_user_seconds = seconds(children.ru_utime),
            .children_system_seconds = seconds(children.ru_stime),
            .peak_bytes = peak_resident_bytes(),
            .voluntary_switches = self.ru_nvcsw,
            .involuntary_switches = self.ru_nivcsw,
            .minor_faults = self.ru_minflt,
            .major_faults = self.ru_majflt};
}

}  // namespace hone::measure
