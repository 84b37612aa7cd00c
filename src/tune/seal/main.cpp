// SPDX-License-Identifier: Apache-2.0
// hone-seal: runs one program in a sealed run. Not for people: python/hone/tune/seal.py calls it.
//   hone-seal --result FD [--timeout S] [--grace S] [--folder DIR] [--hide PATH]... [--keep
//   PATH]...
//             [--env NAME[=VALUE]]... [--mode sealed|closed|open] [--writable DIR]...
//             [--remove PATH]... [--undo TREE] [--prepare COMMAND] [--cleanup COMMAND] -- PROGRAM
//             ARGS...
#include <fcntl.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "tune/seal/launch.h"

namespace {

int usage(const char* what) {
    std::fprintf(stderr, "hone-seal: %s\n", what);
    return 2;
}

bool take_mode(hone::tune::SealRequest& request, std::string_view name) {
    using hone::tune::SealMode;
    if (name == "sealed") {
        request.mode = SealMode::kSealed;
    } else if (name == "closed") {
        request.mode = SealMode::kClosed;
    } else if (name == "open") {
        request.mode = SealMode::kOpen;
    } else {
        return false;
    }
    return true;
}

// Takes one option with its value; false for an unknown one.
bool take(hone::tune::SealRequest& request, std::string_view option, const char* value) {
    if (option == "--result") {
        request.result = std::atoi(value);
    } else if (option == "--timeout") {
        request.timeout = std::atof(value);
    } else if (option == "--grace") {
        request.grace = std::atof(value);
    } else if (option == "--folder") {
        request.folder = value;
    } else if (option == "--hide") {
        request.hidden.emplace_back(value);
    } else if (option == "--keep") {
        request.kept.emplace_back(value);
    } else if (option == "--env") {
        request.environment.emplace_back(value);
    } else if (option == "--writable") {
        request.writable.emplace_back(value);
    } else if (option == "--remove") {
        request.removed.emplace_back(value);
    } else if (option == "--undo") {
        request.undone = value;
    } else if (option == "--prepare") {
        request.prepare = value;
    } else if (option == "--cleanup") {
        request.cleanup = value;
    } else if (option == "--mode") {
        return take_mode(request, value);
    } else {
        return false;
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    hone::tune::SealRequest request;
    const std::span<char*> words(argv, static_cast<std::size_t>(argc));
    std::size_t i = 1;
    for (; i + 1 < words.size() && std::strcmp(words[i], "--") != 0; i += 2) {
        if (!take(request, words[i], words[i + 1])) return usage("unknown option");
    }
    for (++i; i < words.size(); ++i) request.argv.emplace_back(words[i]);
    if (request.argv.empty() || request.result < 0) return usage("needs --result FD and a program");
    fcntl(request.result, F_SETFD, FD_CLOEXEC);
    return hone::tune::launch(request);
}
