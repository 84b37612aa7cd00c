// SPDX-License-Identifier: Apache-2.0
#include "tune/seal/launch.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "tune/seal/closed.h"
#include "tune/seal/failure.h"
#include "tune/seal/identity.h"
#include "tune/seal/manifest.h"
#include "tune/seal/root.h"
#include "tune/seal/undo.h"
#include "tune/seal/wire.h"

namespace hone::tune {
namespace {

double now() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double seconds(const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

void write_all(int file, const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t n = write(file, bytes.data() + done, bytes.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;  // the reader has gone; so has its interest
        done += static_cast<std::size_t>(n);
    }
}

void tell_failure(int file, const SealFailure& failure) {
    WireWriter out;
    out.put(std::uint64_t{0});
    out.put(static_cast<std::uint64_t>(failure.number));
    out.put(failure.what);
    write_all(file, out.bytes());
}

void tell_result(int file, const SealResult& result) {
    WireWriter out;
    out.put(std::uint64_t{1});
    out.put(static_cast<std::uint64_t>(result.status));
    out.put(static_cast<std::uint64_t>(result.timed_out));
    out.put(static_cast<std::uint64_t>(result.left_processes));
    out.put(result.wall_seconds);
    out.put(result.cpu_seconds);
    out.put(result.peak_bytes);
    out.put(static_cast<std::uint64_t>(result.changes.size()));
    for (const Change& change : result.changes) {
        out.put(std::string_view(reinterpret_cast<const char*>(&change.kind), 1));
        out.put(change.path);
        out.put(static_cast<std::uint64_t>(change.mode));
        out.put(static_cast<std::uint64_t>(change.owner));
        out.put(static_cast<std::uint64_t>(change.group));
        out.put(change.size);
        out.put(change.content);
    }
    out.put(static_cast<std::uint64_t>(result.notes.size()));
    for (const std::string& note : result.notes) out.put(note);
    out.put(static_cast<std::uint64_t>(result.kept.size()));
    for (const std::string& text : result.kept) out.put(text);
    write_all(file, out.bytes());
}

std::string read_file(const std::string& path) {
    std::string out;
    const int file = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    std::array<char, 65536> block;
    for (ssize_t n; file >= 0 && (n = read(file, block.data(), block.size())) > 0;)
        out.append(block.data(), static_cast<std::size_t>(n));
    if (file >= 0) close(file);
    return out;
}

void set_environment(const std::vector<std::string>& changes) {
    for (const std::string& change : changes) {
        const auto equals = change.find('=');
        if (equals == std::string::npos) {
            unsetenv(change.c_str());
        } else {
            setenv(change.substr(0, equals).c_str(), change.c_str() + equals + 1, 1);
        }
    }
}

// What the launcher changed of its signals must not reach the program (Python ignores SIGPIPE).
void reset_signals() {
    for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

void keep_from_the_world(const SealRequest& request) {
    if (request.mode == SealMode::kSealed) give_up_powers();
    if (request.mode == SealMode::kClosed) close_off(request.writable);
}

// The process that becomes the program, or one of the user's commands around it. Only returns by
// throwing.
void become(const SealRequest& request, const std::vector<std::string>& words) {
    reset_signals();
    must(chdir(request.folder.c_str()), "enter the folder " + request.folder);
    keep_from_the_world(request);
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    // Closed at exec: until then a failure still has its way out.
    must(static_cast<int>(syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC)),
         "close descriptors");
    execv(argv[0], argv.data());
    throw SealFailure{"run " + words[0], errno};
}

// Every child of this process and, as it is the reaper of what they leave behind, in the end all
// below them.
void kill_children() {
    const std::string listed =
        read_file("/proc/self/task/" + std::to_string(getpid()) + "/children");
    for (const char* at = listed.c_str(); *at != '\0';) {
        char* end = nullptr;
        const long pid = std::strtol(at, &end, 10);
        if (end == at) break;
        kill(static_cast<pid_t>(pid), SIGKILL);
        at = end;
    }
}

class Keeper {
  public:
    explicit Keeper(const SealRequest& request) : request_(request) {}

    void run(Privilege privilege) {
        // The session's leader is PID 1: a program that signals its own group reaches nobody
        // outside.
        setsid();
        if (sealed()) {
            root_ = enter_sealed_root(privilege == Privilege::kRoot);
            raise_loopback();
            undo(request_.removed, request_.undone);
        } else {
            prctl(PR_SET_CHILD_SUBREAPER, 1);
        }
        block_child_signal();
        run_command("--prepare", request_.prepare);
        start();
        wait_for_program();
        run_command("--cleanup", request_.cleanup);
        end_the_rest();
        result_.changes = read_changes(root_, request_.hidden);
        result_.notes = root_.notes;
        for (const std::string& path : request_.kept) result_.kept.push_back(read_file(path));
        tell_result(request_.result, result_);
    }

  private:
    [[nodiscard]] bool sealed() const { return request_.mode == SealMode::kSealed; }

    // In the sealed root all processes are the program's.
    void kill_all() const {
        if (sealed()) {
            kill(-1, SIGKILL);
        } else {
            kill_children();
        }
    }

    // One of the user's commands: what it says goes nowhere, what it starts may stay.
    void run_command(const std::string& option, const std::string& command) {
        if (command.empty()) return;
        const pid_t pid = must(fork(), "fork");
        if (pid == 0) {
            const int nothing = open("/dev/null", O_RDWR);
            for (const int file : {0, 1, 2}) dup2(nothing, file);
            try {
                become(request_, {"/bin/sh", "-c", command});
            } catch (const SealFailure&) {
                _exit(127);
            }
        }
        int status = 0;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (status == 0) return;
        const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        kill_all();
        throw SealFailure{
            "run the command of " + option + ": it ended with " + std::to_string(code), 0};
    }

    static void block_child_signal() {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        sigprocmask(SIG_BLOCK, &set, nullptr);
    }

    // Starts the program; a failure between fork and exec comes back through a pipe and is thrown
    // here.
    void start() {
        std::array<int, 2> news{};
        must(pipe2(news.data(), O_CLOEXEC), "make a pipe");
        started_ = now();
        program_ = must(fork(), "fork");
        if (program_ == 0) {
            try {
                set_environment(request_.environment);
                become(request_, request_.argv);
            } catch (const SealFailure& failure) {
                write_all(news[1], std::string(reinterpret_cast<const char*>(&failure.number),
                                               sizeof failure.number) +
                                       failure.what);
                _exit(127);
            }
        }
        close(news[1]);
        std::string text;
        std::array<char, 512> block;
        for (ssize_t n; (n = read(news[0], block.data(), block.size())) > 0;)
            text.append(block.data(), static_cast<std::size_t>(n));
        close(news[0]);
        if (text.size() >= sizeof(int))
            throw SealFailure{text.substr(sizeof(int)), *reinterpret_cast<int*>(text.data())};
    }

    // Reaps what has ended; true when no process is left.
    bool reap() {
        for (;;) {
            int status = 0;
            rusage usage{};
            const pid_t pid = wait4(-1, &status, WNOHANG, &usage);
            if (pid < 0) return errno == ECHILD;
            if (pid == 0) return false;
            if (pid == program_) take(status, usage);
        }
    }

    void take(int status, const rusage& usage) {
        ended_ = true;
        result_.status = status;
        result_.wall_seconds = now() - started_;
        result_.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
        result_.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    }

    // Sleeps until a child ends or the time is over.
    static void sleep_until(double deadline) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        const double left = deadline - now();
        if (left <= 0) return;
        timespec pause{
            static_cast<time_t>(left),
            static_cast<long>((left - static_cast<double>(static_cast<time_t>(left))) * 1e9)};
        sigtimedwait(&set, nullptr, &pause);
    }

    void wait_for_program() {
        constexpr double kForever = 1e9;
        const double deadline = started_ + (request_.timeout > 0 ? request_.timeout : kForever);
        while (!reap() && !ended_) {
            if (now() >= deadline) {
                result_.timed_out = true;
                kill_all();
                while (!ended_) {
                    reap();
                    if (!ended_) sleep_until(now() + 0.1);
                }
                return;
            }
            sleep_until(deadline);
        }
    }

    void end_the_rest() {
        // A server that --prepare has started will not end by itself.
        const double deadline = now() + (request_.prepare.empty() ? request_.grace : 0);
        while (!result_.timed_out && now() < deadline) {
            if (reap()) return;
            sleep_until(deadline);
        }
        if (reap()) return;
        result_.left_processes = !result_.timed_out;
        // What an open run leaves behind is the user's, as after a plain one.
        if (request_.mode == SealMode::kOpen && !result_.timed_out) return;
        do {
            kill_all();
            sleep_until(now() + 0.1);
        } while (!reap());
    }

    const SealRequest& request_;
    SealedRoot root_;
    SealResult result_;
    pid_t program_ = -1;
    double started_ = 0;
    bool ended_ = false;
};

void run_keeper(const SealRequest& request, Privilege privilege) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
        Keeper(request).run(privilege);
        _exit(0);
    } catch (const SealFailure& failure) {
        tell_failure(request.result, failure);
        _exit(1);
    }
}

}  // namespace

int launch(const SealRequest& request) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
        const Privilege privilege = current_privilege();
        if (request.mode == SealMode::kSealed) enter_namespaces(privilege);
        const pid_t keeper = must(fork(), "fork");
        if (keeper == 0) run_keeper(request, privilege);
        int status = 0;
        while (waitpid(keeper, &status, 0) < 0 && errno == EINTR) {
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    } catch (const SealFailure& failure) {
        tell_failure(request.result, failure);
        return 1;
    }
}

}  // namespace hone::tune
