// SPDX-License-Identifier: Apache-2.0
// What a sealed run is asked and what it answers. Usually a sealed run executes a program that may
// do anything, and nothing of it stays: own mount, PID, IPC, network and host-name namespaces (own
// user namespace for an ordinary user), every file system below a throw-away overlay.
//
// The launcher is a small executable of its own, hone-seal, and not a function of _core: a
// program's peak memory as the kernel counts it starts at that of the process it is forked from,
// and forking a Python process that has threads is no place to set up thirty mounts. Tested in
// tests/tune/test_seal.py and tests/effects.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hone::tune {

// How far a run is kept from the world.
enum class SealMode : std::uint8_t {
    kSealed,  // namespaces and a throw-away root: it can do anything, and nothing of it stays
    kClosed,  // where there are no namespaces: it can change nothing (closed.h)
    kOpen,    // not at all: the user has allowed it
};

struct SealRequest {
    SealMode mode = SealMode::kSealed;
    std::vector<std::string> argv;  // argv[0] is a path; PATH is not searched
    std::vector<std::string>
        environment;           // "NAME=value" or "NAME" (unset), on top of the launcher's own
    std::string folder = "/";  // working folder of the program
    int result = -1;           // descriptor for the answer
    double timeout = 0;        // seconds; 0 = none
    double grace = 1.0;        // seconds that processes left behind have to end
    std::vector<std::string> hidden;    // changes at or below these paths are not told
    std::vector<std::string> removed;   // kSealed: what is not to be there at the beginning
    std::string undone;                 // kSealed: a tree of what is to be there (undo.h)
    std::string prepare, cleanup;       // commands for /bin/sh, run before and after the program
    std::vector<std::string> writable;  // kClosed: folders that it may write to
    std::vector<std::string> kept;      // files whose contents come back with the answer
};

enum class ChangeKind : char {
    kFile = 'f',
    kFolder = 'd',
    kLink = 'l',
    kPipe = 'p',
    kSocket = 's',
    kDevice = 'c',
    kDeleted = 'x',
};

// One path that is not what it was before the run.
struct Change {
    ChangeKind kind{};
    std::string path;
    std::uint32_t mode = 0;
    std::uint32_t owner = 0;
    std::uint32_t group = 0;
    std::uint64_t size = 0;
    std::string content;  // digest of a file, target of a link, where a renamed folder came from
};

struct SealResult {
    int status = 0;  // as wait() has it
    bool timed_out = false;
    bool left_processes = false;  // processes outlived the program and its grace; they were killed
    double wall_seconds = 0;
    double cpu_seconds = 0;  // the program and the children it waited for
    std::uint64_t peak_bytes = 0;
    std::vector<Change> changes;
    std::vector<std::string> notes;  // places that could only be made read-only
    std::vector<std::string> kept;   // contents, one for each SealRequest::kept
};

}  // namespace hone::tune
