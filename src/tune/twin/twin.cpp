// SPDX-License-Identifier: Apache-2.0
#include "tune/twin/twin.h"

#include <frameobject.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "cpython/portable.h"
#include "tune/compare/fingerprint.h"
#include "tune/twin/confine.h"

namespace hone::tune {
namespace {

constexpr int kNoAnswer = 1;
constexpr const char* kParts[] = {"result", "exception", "arguments or globals"};

double now() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// ---- in a twin ----

// Nobody is told of signals here; the filter's own must come through.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    for (const int number : {SIGSYS, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) sigdelset(&all, number);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) signal(number, SIG_DFL);
    constexpr rlimit kNone{0, 0};
    setrlimit(RLIMIT_CORE, &kNone);
}

// Moves what is allocated from now on to other addresses; the blocks are never given back.
void shake_memory() {
    for (std::size_t size = 16; size <= 512; size += 16)
        for (int i = 0; i < 5; ++i) static_cast<void>(PyObject_Malloc(size));
    for (int i = 0; i < 101; ++i) {
        static_cast<void>(PyList_New(0));
        static_cast<void>(PyDict_New());
        static_cast<void>(PyTuple_New(i % 20));
        static_cast<void>(PyFloat_FromDouble(i));
    }
    for (std::size_t size = 600; size < 70000; size *= 2) static_cast<void>(PyMem_RawMalloc(size));
}

// Where an exception came through: code, line and column of each entry of its traceback.
std::string places_of(PyObject* error) {
    std::string out;
    if (error == nullptr) return out;
    PyObject* const trace = PyException_GetTraceback(error);
    for (auto* at = reinterpret_cast<PyTracebackObject*>(trace); at != nullptr; at = at->tb_next) {
        PyCodeObject* const code = PyFrame_GetCode(at->tb_frame);
        int line = 0, column = 0, end_line = 0, end_column = 0;
        PyCode_Addr2Location(code, at->tb_lasti, &line, &column, &end_line, &end_column);
        const char* const name = PyUnicode_AsUTF8(code->co_qualname);
        out += std::string(" ") + (name != nullptr ? name : "?") + ":" + std::to_string(line) +
               ":" + std::to_string(column);
    }
    return out;
}

// A line a part: its digest and its type; the first line stands for all together, so that what
// they share counts.
bool describe(PyObject* const* parts, std::string& out) {
    PyObject* const all =
        PyTuple_Pack(3, parts[0] ? parts[0] : Py_None, parts[1] ? parts[1] : Py_None, parts[2]);
    Fingerprint whole;
    // Sharing between them counts.
    if (all == nullptr || !fingerprint(all, whole)) return false;
    out = whole.digest + ' ' + std::to_string(whole.opaque) + '\n';
    for (int i = 0; i < 3; ++i) {
        Fingerprint part;
        if (!fingerprint(parts[i] ? parts[i] : Py_None, part)) return false;
        out += part.digest + (i == 1 ? places_of(parts[1]) : std::string()) + ' ' +
               (parts[i] ? Py_TYPE(parts[i])->tp_name : "none") + '\n';
    }
    return true;
}

[[noreturn]] void be_twin(int pipe, const std::function<PyObject*()>& make, const TwinCall& call,
                          bool shaken) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    block_signals();
    PyGC_Disable();  // finalisers of unrelated garbage are none of this call's effects
    if (confine(pipe) != 0) _exit(kNoAnswer);
    if (shaken) shake_memory();
    PyObject* const result = make();
    PyObject* const error = result == nullptr ? cpython::take_exception() : nullptr;
    PyObject* const state = call.state();
    PyObject* const parts[] = {result, error, state};
    std::string text;
    if (state == nullptr || !describe(parts, text)) _exit(kNoAnswer);
    const bool told = write(pipe, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(told ? 0 : kNoAnswer);
}

// ---- in the process itself ----

// A running twin; the destructor ends it.
class Twin {
  public:
    Twin(const std::function<PyObject*()>& make, const TwinCall& call, bool shaken) {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) < 0) return;
        // Without a signal at its end: wait() does not see it, SIGCHLD does not come. By the bare
        // system call, no at_fork handler runs: neither the program's nor the recorder's, whose
        // clock is to go on in the twin as it stands.
        pid_ = static_cast<pid_t>(syscall(SYS_clone, 0L, nullptr, nullptr, nullptr, 0L));
        if (pid_ == 0) be_twin(ends[1], make, call, shaken);
        close(ends[1]);
        pipe_ = ends[0];
    }
    Twin(const Twin&) = delete;
    Twin& operator=(const Twin&) = delete;
    ~Twin() {
        if (pipe_ >= 0) close(pipe_);
        if (pid_ > 0 && !ended_) end();
    }

    // Reads until the twin has closed the pipe; false: it was too slow, or was never born.
    bool finish(double deadline) {
        if (pid_ <= 0) return false;
        std::array<char, 4096> block;
        for (;;) {
            pollfd wanted{pipe_, POLLIN, 0};
            const double left = deadline - now();
            if (left <= 0) return false;
            const int ready = ::poll(&wanted, 1, static_cast<int>(left * 1000) + 1);
            if (ready < 0 && errno != EINTR) return false;
            if (ready <= 0) continue;
            const ssize_t n = read(pipe_, block.data(), block.size());
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) break;
            text_.append(block.data(), static_cast<std::size_t>(n));
        }
        wait();
        return true;
    }

    [[nodiscard]] bool was_born() const { return pid_ > 0; }
    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] std::string_view text() const { return text_; }
    [[nodiscard]] std::string_view line(int number) const {
        std::string_view rest = text_;
        for (int i = 0; i < number; ++i) rest.remove_prefix(rest.find('\n') + 1);
        return rest.substr(0, rest.find('\n'));
    }

  private:
    void wait() {
        while (waitpid(pid_, &status_, __WALL) < 0 && errno == EINTR) {
        }
        ended_ = true;
    }
    void end() {
        kill(pid_, SIGKILL);
        wait();
    }

    pid_t pid_ = -1;
    int pipe_ = -1;
    int status_ = 0;
    bool ended_ = false;
    std::string text_;
};

bool has_threads() {
    PyThreadState* const first = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
    return first != nullptr && PyThreadState_Next(first) != nullptr;
}

// A copy of a process that talks to a GPU would talk to it too.
bool holds_a_gpu() {
    for (const char* name : {"libcuda.so.1", "libamdhip64.so", "libze_loader.so.1"}) {
        void* const library = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
        if (library == nullptr) continue;
        dlclose(library);
        return true;
    }
    return false;
}

TwinAnswer not_compared(std::string why, bool timed_out = false) {
    return {.detail = std::move(why), .timed_out = timed_out};
}

bool is_effect(const Twin& twin) {
    return WIFEXITED(twin.status()) && WEXITSTATUS(twin.status()) == kHadEffects;
}
const TwinAnswer kEffect{.verdict = TwinVerdict::HadEffects,
                         .detail = "it acts on the outside, or asks about it"};

// What the ways in which twins end say, where one did not give its answer.
TwinAnswer judge_ends(const Twin& original, const Twin& compiled) {
    if (is_effect(compiled)) return kEffect;
    if (original.status() == 0)
        return {.verdict = TwinVerdict::Different,
                .detail = WIFSIGNALED(compiled.status())
                              ? "compiled, it is killed by signal " +
                                    std::to_string(WTERMSIG(compiled.status()))
                              : "compiled, it ends without an answer"};
    return not_compared("the call does not come to an end of its own");
}

std::string differing_part(const Twin& original, const Twin& compiled) {
    std::string out;
    for (int i = 0; i < 3; ++i) {
        const std::string_view a = original.line(i + 1), b = compiled.line(i + 1);
        if (a == b) continue;
        out += out.empty() ? "" : "; ";
        out += std::string("other ") + kParts[i];
        const std::string_view was = a.substr(a.rfind(' ') + 1), is = b.substr(b.rfind(' ') + 1);
        if (was != is) out += " (" + std::string(is) + " instead of " + std::string(was) + ")";
    }
    return out.empty() ? "results and arguments share other objects" : out;
}

}  // namespace

TwinAnswer compare_on_twins(const TwinCall& call, double seconds) {
    if (has_threads()) return not_compared("the program has several threads");
    if (holds_a_gpu()) return not_compared("the program uses a GPU");
    const double deadline = now() + seconds;
    Twin original(call.original, call, false);
    Twin compiled(call.compiled, call, false);
    if (!original.was_born() || !compiled.was_born())
        return not_compared("the process could not be forked");
    const bool answered = original.finish(deadline);
    if (answered && is_effect(original)) return kEffect;
    if (!answered || !compiled.finish(deadline))
        return not_compared("the call takes too long to be made again", true);
    if (original.status() != 0 || compiled.status() != 0) return judge_ends(original, compiled);
    if (original.text() == compiled.text()) {
        const std::string_view first = original.line(0);  // digest, opaque
        return {.verdict = TwinVerdict::Equal,
                .detail = {},
                .opaque = std::stol(std::string(first.substr(first.find(' ') + 1)))};
    }
    Twin again(call.original, call, true);
    if (!again.finish(now() + seconds) || again.text() != original.text())
        return not_compared("the original does not repeat itself");
    return {.verdict = TwinVerdict::Different, .detail = differing_part(original, compiled)};
}

}  // namespace hone::tune
