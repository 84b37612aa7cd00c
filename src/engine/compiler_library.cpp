// SPDX-License-Identifier: Apache-2.0
#include "engine/compiler_library.h"

#include <dlfcn.h>

#include <string>

namespace hone::engine {
namespace {

// lib/libhone_compiler.so beside the extension module that this code is in.
std::string library_path() {
    Dl_info info{};
    static const char here = 0;
    if (dladdr(&here, &info) == 0 || info.dli_fname == nullptr) return "libhone_compiler.so";
    const std::string module = info.dli_fname;
    const auto slash = module.rfind('/');
    return (slash == std::string::npos ? std::string(".") : module.substr(0, slash)) +
           "/lib/libhone_compiler.so";
}

Result<const compiler::Door*> open_library() {
    const std::string path = library_path();
    // Local and deep: another package's LLVM in this process must not be bound to, nor ours by it.
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (library == nullptr) return fail(std::string("the compiler can't be loaded: ") + dlerror());
    auto* const door =
        reinterpret_cast<decltype(&hone_compiler_door)>(dlsym(library, compiler::kDoorSymbol));
    if (door == nullptr || door()->version != compiler::kDoorVersion)
        return fail(path + " belongs to another build of hone");
    return door();
}

}  // namespace

Result<const compiler::Door*> compiler_door() {
    static const Result<const compiler::Door*> opened = open_library();
    return opened;
}

}  // namespace hone::engine
