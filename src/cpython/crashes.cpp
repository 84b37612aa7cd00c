// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "cpython/crashes.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <utility>

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

// glibc 2.34: without the handlers of pthread_atfork(), which wait for locks that the thread that
// has crashed may hold.
extern "C" pid_t _Fork() __attribute__((weak));

namespace hone::cpython {

namespace {

constexpr int kMoreDepth = 500;  // of Python calls, for who crashes deep in a recursion

struct Stack {
    char* low = nullptr;
    std::size_t size = 0;
};

void (*tell)(int) noexcept = nullptr;
Stack main_stack;
std::array<struct sigaction, kCrashes.size()> before{};
pid_t owner = 0;
std::atomic_flag saved = ATOMIC_FLAG_INIT;

pid_t copy_process() noexcept {
    return &_Fork != nullptr ? _Fork()
                             : static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

// In the copy. It must not crash again into our handler, leave a core file or last for ever.
[[noreturn]] void save(int number) noexcept {
    struct sigaction plain{};
    plain.sa_handler = SIG_DFL;
    sigset_t unblocked;
    sigemptyset(&unblocked);
    for (const int each : kCrashes) sigaction(each, &plain, nullptr);
    for (const int each : kCrashes) sigaddset(&unblocked, each);
    sigaction(SIGALRM, &plain, nullptr);
    sigaddset(&unblocked, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &unblocked, nullptr);
    const rlimit none{};
    setrlimit(RLIMIT_CORE, &none);
    alarm(kPatienceForLock);  // who holds it, if it is not this thread, is not in the copy
    (void)PyGILState_Ensure();
    alarm(kPatience);
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    Py_SetRecursionLimit(Py_GetRecursionLimit() + kMoreDepth);
    tell(number);
    _exit(0);
}

Stack stack_of_thread() noexcept {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return {};
    void* low = nullptr;
    Stack found;
    if (pthread_attr_getstack(&attributes, &low, &found.size) == 0)
        found.low = static_cast<char*>(low);
    pthread_attr_destroy(&attributes);
    return found;
}

bool on_other_stack() noexcept {
    stack_t now;
    return sigaltstack(nullptr, &now) == 0 && (now.ss_flags & SS_ONSTACK) != 0;
}

// faulthandler gives way to us from within its handler, on a stack that is much too small. The copy
// returns nowhere, so it takes a part of the thread's own that is not in use, mostly: the
// interpreter knows the bounds of that one (3.14) and would run on no other.
[[noreturn]] void save_on(const Stack& stack, int number) noexcept {
    static ucontext_t there;
    if (stack.low == nullptr || getcontext(&there) != 0) _exit(1);
    there.uc_stack.ss_sp = stack.low + stack.size / 8;
    there.uc_stack.ss_size = stack.size / 2;
    makecontext(&there, reinterpret_cast<void (*)()>(save), 1, number);
    setcontext(&there);
    _exit(1);
}

void save_once(int number) noexcept {
    if (getpid() != owner || saved.test_and_set()) return;
    const bool is_main = syscall(SYS_gettid) == owner;
    const pid_t copy = copy_process();
    if (copy == 0) {
        if (on_other_stack()) save_on(is_main ? main_stack : stack_of_thread(), number);
        save(number);
    }
    if (copy > 0) {
        while (waitpid(copy, nullptr, __WALL) < 0 && errno == EINTR) {
        }
    }
}

// A fault comes again when this returns; what somebody has sent has to be sent again.
void on_crash(int number, siginfo_t* info, void*) {
    for (std::size_t i = 0; i < kCrashes.size(); ++i)
        if (kCrashes[i] == number) sigaction(number, &before[i], nullptr);
    save_once(number);
    if (info->si_code <= 0) syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
}

}  // namespace

void tell_of_crashes(void (*told)(int number) noexcept) noexcept {
    if (std::exchange(tell, told) != nullptr) return;
    owner = getpid();
    main_stack = stack_of_thread();
    struct sigaction ours{};
    ours.sa_sigaction = on_crash;
    ours.sa_flags = SA_SIGINFO;
    sigemptyset(&ours.sa_mask);
    for (std::size_t i = 0; i < kCrashes.size(); ++i) {
        if (sigaction(kCrashes[i], nullptr, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
            sigaction(kCrashes[i], &ours, nullptr);
    }
}

}  // namespace hone::cpython
