// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/sampler_listener.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "cpython/helper_thread.h"
#include "measure/sampler.h"
#include "measure/sampler_spool.h"

namespace hone::measure {

namespace {

constexpr std::uint32_t kLongestPath = 4096;
constexpr int kHigh =
    500;  // the socket's number is at least this: the program's own stay what they are
constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};  // for a request that was begun

// Who makes the thread or ends it; held during fork().
pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
pthread_t thread;
bool made = false, hooked = false;
std::atomic<int> listening = -1, talking = -1;
std::atomic<bool> quit = false;
std::atomic<pid_t> thread_id = 0;
cpython::ForkPlace fork_place;

int high_number(int file) {
    const int high = fcntl(file, F_DUPFD_CLOEXEC, kHigh);
    if (high < 0) return file;  // so many may not be open
    close(file);
    return high;
}

int open_socket() {
    const int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0) return -1;
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    const int length = std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
                                     "hone-attach-%d", getpid());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 +
                                             static_cast<std::size_t>(length));
    if (bind(file, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        listen(file, 4) != 0) {
        close(file);
        return -1;
    }
    return high_number(file);
}

bool may_ask(int connection) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

bool receive(int connection, void* into, std::size_t size) {
    auto* at = static_cast<char*>(into);
    while (size != 0) {
        const ssize_t count = recv(connection, at, size, 0);
        if (count <= 0) return false;
        at += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

std::string answer(int connection) {
    AttachRequest request;
    if (!receive(connection, &request, sizeof request)) return "the request was cut off";
    if (request.version != kSpoolVersion)
        return "the program has another version of hone than who asks";
    if (request.path_size > kLongestPath || !(request.rate > 0) || !(request.budget > 0))
        return "the request makes no sense";
    std::string path(request.path_size, '\0');
    if (!receive(connection, path.data(), path.size())) return "the request was cut off";
    const auto started = start_sampler({.rate = request.rate,
                                        .budget = request.budget,
                                        .seconds = request.seconds,
                                        .waking_cost = request.waking_cost,
                                        .watch_reader = true,
                                        .native = request.native != 0,
                                        .spool = path});
    return started ? std::string() : started.error().reason;
}

void serve(int connection) {
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    const std::string text =
        may_ask(connection) ? answer(connection) : "only the same user and root may ask";
    send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

void* run(void*) {
    thread_id = static_cast<pid_t>(syscall(SYS_gettid));
    while (!quit) {
        const int connection = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0 && errno != ECONNABORTED && errno != EMFILE && errno != ENFILE) break;
        if (connection < 0) {
            usleep(100'000);
            continue;
        }
        talking = connection;
        if (!quit) serve(connection);
        talking = -1;
        close(connection);
    }
    return nullptr;
}

// `making` is held. The socket is shut down, which ends the waiting, and made anew afterwards.
void end_thread() {
    if (!made) return;
    quit = true;
    shutdown(listening, SHUT_RDWR);
    shutdown(talking, SHUT_RDWR);  // nobody's, if it talks to nobody
    cpython::join_helper(thread, thread_id);
    close(listening.exchange(-1));
    made = false;
}

bool start_thread() {
    quit = false;
    listening = open_socket();
    made = listening >= 0 && cpython::make_helper(thread, run);
    return made;
}

bool wanted = false;

int resume(void*) {
    if (cpython::still_forking(fork_place)) {
        cpython::call_soon(resume);
        return 0;
    }
    pthread_mutex_lock(&making);
    if (wanted && !made) start_thread();
    pthread_mutex_unlock(&making);
    return 0;
}

void before_fork() {
    pthread_mutex_lock(&making);
    if (made) fork_place = cpython::place_of_fork();
    end_thread();
}
void after_fork_in_parent() {
    pthread_mutex_unlock(&making);
    if (wanted) cpython::call_soon(resume);
}
void after_fork_in_child() {
    wanted = false;
    pthread_mutex_unlock(&making);
}

}  // namespace

Result<void> listen_for_attach() {
    pthread_mutex_lock(&making);
    if (!hooked)
        hooked = prepare_sampler() &&
                 pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
    wanted = hooked && (made || start_thread());
    const bool on = wanted;
    pthread_mutex_unlock(&making);
    if (!on) return fail("no socket or no thread can be had to listen for hone attach");
    return {};
}

void stop_listening() noexcept {
    pthread_mutex_lock(&making);
    wanted = false;
    end_thread();
    pthread_mutex_unlock(&making);
}

}  // namespace hone::measure
