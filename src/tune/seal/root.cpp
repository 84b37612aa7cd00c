// SPDX-License-Identifier: Apache-2.0
#include "tune/seal/root.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <set>

#include "tune/seal/failure.h"

namespace hone::tune {
namespace {

// The private tmpfs is mounted over /proc: a folder that always exists, is empty underneath, and is
// not needed between reading the mount table and mounting the sealed /proc.
constexpr const char* kScratch = "/proc";
constexpr off_t kLargestCopy = 64 << 20;

// File systems that are views of the kernel, not of files: /dev, /proc and /sys are made new or
// read-only.
bool is_kernel_view(std::string_view type) {
    static constexpr std::array kTypes = {
        "proc",       "sysfs",   "devtmpfs",   "devpts",     "cgroup",      "cgroup2",
        "debugfs",    "tracefs", "securityfs", "bpf",        "pstore",      "configfs",
        "efivarfs",   "fusectl", "selinuxfs",  "mqueue",     "binfmt_misc", "autofs",
        "rpc_pipefs", "nsfs",    "hugetlbfs",  "fuse.lxcfs", "fuse.portal"};
    return std::ranges::find(kTypes, type) != kTypes.end();
}

std::string join(const std::string& folder, const std::string& name) {
    return folder == "/" ? "/" + name : folder + "/" + name;
}

std::vector<std::string> entries_of(const std::string& folder) {
    std::vector<std::string> out;
    DIR* dir = opendir(folder.c_str());
    if (!dir) throw SealFailure{"read the folder " + folder, errno};
    while (const dirent* entry = readdir(dir)) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") out.push_back(name);
    }
    closedir(dir);
    std::ranges::sort(out);
    return out;
}

// Copies a small file; a large one is shown read-only in its place.
void copy_file(const std::string& from, const std::string& to, const struct stat& info,
               std::vector<std::string>& notes) {
    const int out = open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, info.st_mode & 07777);
    if (out < 0) return;
    const int in = info.st_size <= kLargestCopy ? open(from.c_str(), O_RDONLY | O_CLOEXEC) : -1;
    if (in >= 0) {
        std::array<char, 65536> block;
        for (ssize_t n; (n = read(in, block.data(), block.size())) > 0;) {
            if (write(out, block.data(), static_cast<std::size_t>(n)) != n) break;
        }
        close(in);
    }
    close(out);
    if (in < 0 && mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0) {
        mount(nullptr, to.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr);
        notes.push_back(from + " is read-only in sealed runs");
    }
}

class RootBuilder {
  public:
    explicit RootBuilder(bool privileged) : privileged_(privileged), mounts_(read_mount_table()) {}

    SealedRoot build() {
        must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make the mounts private");
        find_places();
        must(mount("tmpfs", kScratch, "tmpfs", 0, "mode=0755"), "mount a private tmpfs");
        must(mkdir(new_root_.c_str(), 0755), "make the new root");
        must(mount(new_root_.c_str(), new_root_.c_str(), nullptr, MS_BIND, nullptr),
             "make the new root a mount");
        compose("/");
        make_dev();
        make_sys();
        make_proc();
        change_root();
        return std::move(out_);
    }

  private:
    // The mount points that get an overlay: real file systems, and /dev/shm.
    void find_places() {
        for (const MountPoint& mount_point : mounts_) {
            const std::string& path = mount_point.path;
            const bool kernel_place = is_within(path, "/proc") || is_within(path, "/sys") ||
                                      (is_within(path, "/dev") && path != "/dev/shm");
            if (path != "/" && !kernel_place && !is_kernel_view(mount_point.type))
                places_.insert(path);
            if (path != "/") all_.insert(path);
        }
    }

    [[nodiscard]] bool has_mounts_below(const std::string& folder) const {
        return std::ranges::any_of(all_, [&](const std::string& path) {
            return path != folder && is_within(path, folder);
        });
    }

    // Makes `path` of the old tree appear at the same place of the new one.
    void compose(const std::string& path) {
        const bool can_overlay = privileged_ || !has_mounts_below(path);
        if (can_overlay) {
            overlay(path);
            if (privileged_) compose_mounts_below(path);
        } else {
            split(path);
        }
    }

    void compose_mounts_below(const std::string& folder) {
        for (const std::string& place : places_) {
            if (place == folder || !is_within(place, folder) || place == "/dev/shm") continue;
            if (is_done(place)) continue;
            place_mount(place);
        }
    }

    [[nodiscard]] bool is_done(const std::string& path) const {
        return std::ranges::any_of(out_.layers,
                                   [&](const Layer& layer) { return layer.path == path; });
    }

    void place_mount(const std::string& place) {
        struct stat info;
        struct stat there;
        if (lstat(place.c_str(), &info) < 0 || lstat((new_root_ + place).c_str(), &there) < 0)
            return;
        if (S_ISDIR(info.st_mode)) {
            overlay(place);
        } else if (S_ISREG(info.st_mode)) {
            copy_in_place(place, info);
        }
    }

    // A single file that is a mount (containers do this with /etc/resolv.conf): a private copy of
    // it.
    void copy_in_place(const std::string& place, const struct stat& info) {
        const std::string copy = std::string(kScratch) + "/file" + std::to_string(count_++);
        copy_file(place, copy, info, out_.notes);
        mount(copy.c_str(), (new_root_ + place).c_str(), nullptr, MS_BIND, nullptr);
    }

    void overlay(const std::string& path) {
        const std::string number = std::to_string(count_++);
        const std::string upper = std::string(kScratch) + "/u" + number;
        const std::string work = std::string(kScratch) + "/w" + number;
        must(mkdir(upper.c_str(), 0755), "make " + upper);
        must(mkdir(work.c_str(), 0755), "make " + work);
        copy_ownership(path, upper);
        const std::string target = path == "/" ? new_root_ : new_root_ + path;
        if (mount_overlay(path, upper, work, target) < 0) {
            const int why = errno;
            if (path == "/") throw SealFailure{"mount an overlay over /", why};
            show_read_only(path, target, why);
            return;
        }
        out_.layers.push_back({path, open_folder(upper), open_folder(path)});
    }

    // The root of an overlay shows its upper folder's mode and owner.
    static void copy_ownership(const std::string& from, const std::string& to) {
        struct stat info;
        if (stat(from.c_str(), &info) < 0) return;
        if (chown(to.c_str(), info.st_uid, info.st_gid) < 0)
            errno = 0;  // an ordinary user owns it already
        chmod(to.c_str(), info.st_mode & 07777);
    }

    static int open_folder(const std::string& path) {
        return must(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open " + path);
    }

    [[nodiscard]] int mount_overlay(const std::string& lower, const std::string& upper,
                                    const std::string& work, const std::string& target) const {
        const std::string options = "lowerdir=" + escape(lower) + ",upperdir=" + upper +
                                    ",workdir=" + work +
                                    (privileged_ ? ",redirect_dir=on,index=off" : ",userxattr");
        return mount("overlay", target.c_str(), "overlay", 0, options.c_str());
    }

    static std::string escape(const std::string& path) {
        std::string out;
        for (char c : path) {
            if (c == ':' || c == ',' || c == '\\') out += '\\';
            out += c;
        }
        return out;
    }

    void show_read_only(const std::string& path, const std::string& target, int why) {
        if (mount(path.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) < 0) return;
        make_read_only(target);
        out_.notes.push_back(path + " is read-only in sealed runs (" + std::strerror(why) + ")");
    }

    static void make_read_only(const std::string& target) {
        mount_attr attributes{};
        attributes.attr_set = MOUNT_ATTR_RDONLY;
        must(static_cast<int>(syscall(SYS_mount_setattr, AT_FDCWD, target.c_str(), AT_RECURSIVE,
                                      &attributes, sizeof attributes)),
             "make " + target + " read-only");
    }

    void split(const std::string& path) {
        const std::string target = path == "/" ? new_root_ : new_root_ + path;
        SplitFolder folder{path, entries_of(path)};
        for (const std::string& name : folder.entries)
            place_entry(join(path, name), new_root_ + join(path, name));
        const bool writable = access(path.c_str(), W_OK) == 0;
        if (!writable) chmod(target.c_str(), 0555);
        out_.split.push_back(std::move(folder));
    }

    void place_entry(const std::string& path, const std::string& target) {
        struct stat info;
        if (lstat(path.c_str(), &info) < 0) return;
        if (S_ISLNK(info.st_mode)) {
            std::array<char, 4096> text{};
            if (readlink(path.c_str(), text.data(), text.size() - 1) >= 0 &&
                symlink(text.data(), target.c_str()) < 0)
                throw SealFailure{"make the link " + target, errno};
        } else if (S_ISDIR(info.st_mode)) {
            must(mkdir(target.c_str(), info.st_mode & 07777), "make " + target);
            if (path == "/proc" || path == "/sys" || path == "/dev") return;
            if (access(path.c_str(), R_OK | X_OK) == 0) {
                compose(path);
            } else {
                chmod(target.c_str(),
                      0);  // the copy is the user's own; it must stay as closed as the original
            }
        } else if (S_ISREG(info.st_mode)) {
            copy_file(path, target, info, out_.notes);
        }
    }

    void make_dev() {
        const std::string dev = new_root_ + "/dev";
        must(mount("tmpfs", dev.c_str(), "tmpfs", MS_NOSUID, "mode=0755"), "mount /dev");
        for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"})
            bind_device(name);
        static constexpr std::array<std::array<const char*, 2>, 5> kLinks = {
            {{"/proc/self/fd", "fd"},
             {"/proc/self/fd/0", "stdin"},
             {"/proc/self/fd/1", "stdout"},
             {"/proc/self/fd/2", "stderr"},
             {"pts/ptmx", "ptmx"}}};
        for (const auto& [target, name] : kLinks) {
            must(symlink(target, (dev + "/" + name).c_str()), std::string("make /dev/") + name);
        }
        mkdir((dev + "/pts").c_str(), 0755);
        must(mount("devpts", (dev + "/pts").c_str(), "devpts", MS_NOSUID | MS_NOEXEC,
                   "newinstance,ptmxmode=0666,mode=620"),
             "mount /dev/pts");
        mkdir((dev + "/mqueue").c_str(), 0755);
        mount("mqueue", (dev + "/mqueue").c_str(), "mqueue", 0, nullptr);
        mkdir((dev + "/shm").c_str(), 01777);
        struct stat info;
        if (stat("/dev/shm", &info) == 0 && S_ISDIR(info.st_mode)) overlay("/dev/shm");
    }

    void bind_device(const std::string& name) {
        const std::string from = "/dev/" + name;
        const std::string to = new_root_ + from;
        const int file = open(to.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        if (file >= 0) close(file);
        if (mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) < 0 && name != "tty")
            throw SealFailure{"show " + from, errno};
    }

    void make_sys() {
        const std::string sys = new_root_ + "/sys";
        if (access("/sys", F_OK) < 0 || access(sys.c_str(), F_OK) < 0) return;
        must(mount("/sys", sys.c_str(), nullptr, MS_BIND | MS_REC, nullptr), "show /sys");
        make_read_only(sys);
    }

    void make_proc() {
        const std::string proc = new_root_ + "/proc";
        must(mount("proc", proc.c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
             "mount /proc");
        if (!privileged_) return;  // the kernel's own settings are out of an ordinary user's reach
        for (const char* name : {"/sys", "/sysrq-trigger", "/irq", "/bus", "/fs"}) {
            const std::string path = proc + name;
            if (mount(path.c_str(), path.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0)
                make_read_only(path);
        }
    }

    void change_root() {
        must(chdir(new_root_.c_str()), "enter the new root");
        must(static_cast<int>(syscall(SYS_pivot_root, ".", ".")), "change the root");
        must(umount2(".", MNT_DETACH), "leave the old root");
        must(chdir("/"), "enter /");
    }

    bool privileged_;
    std::vector<MountPoint> mounts_;
    std::set<std::string> places_;
    std::set<std::string> all_;
    std::string new_root_ = std::string(kScratch) + "/root";
    int count_ = 0;
    SealedRoot out_;
};

}  // namespace

SealedRoot enter_sealed_root(bool privileged) {
    return RootBuilder(privileged).build();
}

}  // namespace hone::tune
