// SPDX-License-Identifier: Apache-2.0
#include "engine/places.h"

#include "cpython/trampoline.h"

namespace hone::engine {

ir::Activation* entered = nullptr;

namespace {

using ir::Activation;

// An entry of compiled code, on the stack for as long. (Where stacks are switched, one may be met
// that is gone: `self` and the records' links back tell.)
struct Entry {
    Activation root;
    Entry* outer;
    const Entry* self;
};

thread_local Entry* innermost = nullptr;

// Of a function that was inlined: its code is what it was when that was decided.
cpython::OwnFrame inlined_frame(const Version& version, const ir::PlaceFrame& frame) {
    PyObject* const function = version.objects.at(frame.function);
    auto* const code = reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(function));
    const cpython::Entry* const entry = cpython::entry_of(code);
    return {code, frame.unit + (entry != nullptr ? entry->body_offset : 0)};
}

// Innermost first.
std::vector<cpython::OwnFrame> frames_of(const Version& version, const ir::Place& place) {
    const cpython::Entry& entry = *version.code->entry;
    std::vector<cpython::OwnFrame> frames;
    for (auto at = place.rbegin(); at != place.rend(); ++at)
        frames.push_back(at->function
                             ? inlined_frame(version, *at)
                             : cpython::OwnFrame{entry.installed, at->unit + entry.body_offset});
    return frames;
}

void add(cpython::CompiledStack& stack, const Activation& activation) {
    const auto& version = *static_cast<const Version*>(activation.version);
    const auto place = static_cast<std::size_t>(activation.place);
    if (place < version.places.size()) stack.add(activation.frame, version.places[place]);
}

bool is_whole(const Entry& entry) {
    for (const Activation* at = &entry.root; at->inner != nullptr; at = at->inner)
        if (at->inner->parent != at) return false;
    return true;
}

}  // namespace

PyObject* run_placed(Version& version, cpython::Frame* frame, PyThreadState* thread,
                     std::uint64_t stack_limit) {
    Entry entry{.root = {}, .outer = innermost, .self = &entry};
    entry.root.stack_limit = stack_limit;
    innermost = &entry;
    entered = &entry.root;
    ++version.active;
    PyObject* const result = version.body(frame, thread);
    --version.active;
    innermost = entry.outer;
    return result;
}

void make_places(Version& version) {
    for (const ir::Place& place : version.made.places)
        version.places.push_back(frames_of(version, place));
}

void read_compiled(cpython::CompiledStack& stack) {
    stack.clear();
    for (const Entry* entry = innermost; entry != nullptr; entry = entry->outer) {
        if (entry->self != entry || !is_whole(*entry)) return;
        const Activation* at = &entry->root;
        while (at->inner != nullptr) at = at->inner;
        for (; at != &entry->root; at = at->parent) add(stack, *at);
    }
}

void hide(Activation& activation) noexcept {
    activation.parent->inner = nullptr;
}

}  // namespace hone::engine
