// SPDX-License-Identifier: Apache-2.0
#include "engine/activations.h"

#include <utility>
#include <vector>

#include "cpython/exits.h"
#include "cpython/late_frames.h"
#include "cpython/show_frame.h"
#include "cpython/trampoline.h"
#include "engine/announce.h"
#include "engine/places.h"

namespace hone::engine {

ir::Activation root;

namespace {

using ir::Activation;

Version& version_of(const Activation& activation) {
    return *static_cast<Version*>(activation.version);
}

cpython::Frame* made_frame(const Activation& activation) {
    return static_cast<cpython::Frame*>(activation.frame);
}

bool was_entered(const Activation& activation) {
    return activation.parent->parent == nullptr;
}

std::uint32_t body_offset(const Version& version) {
    return version.code->entry->body_offset;
}

thread_local Activation* served = nullptr;

// The frame of the compiled caller shows the call.
void show_caller(Activation& activation) {
    Activation& parent = *activation.parent;
    show(parent, static_cast<std::size_t>(parent.row), parent.words);
}

// Requires: the parent has a frame.
void make_frame(Activation& activation) {
    show_caller(activation);
    const Activation& parent = *activation.parent;
    const cpython::Entry& entry = *version_of(activation).code->entry;
    const auto count =
        static_cast<std::uint32_t>(entry.original->co_argcount + entry.original->co_kwonlyargcount);
    activation.frame =
        cpython::make_late_frame(static_cast<PyObject*>(parent.callee), entry.installed,
                                 entry.body_unit, activation.arguments(), count);
}

}  // namespace

cpython::Frame* frame_of(Activation& activation) {
    if (activation.frame != nullptr) return made_frame(activation);
    const cpython::ErrorAside aside;
    std::vector<Activation*> frameless;
    for (Activation* at = &activation; at->frame == nullptr; at = at->parent)
        frameless.push_back(at);
    for (auto at = frameless.rbegin(); at != frameless.rend(); ++at) make_frame(**at);
    return made_frame(activation);
}

void show(Activation& activation, std::size_t row, const std::int64_t* words) {
    Version& version = version_of(activation);
    cpython::show_frame(frame_of(activation), version.made.exits[row], words, version.objects,
                        body_offset(version));
}

PyObject* leave(Activation& activation, std::size_t row, const std::int64_t* words) {
    Version& version = version_of(activation);
    const ir::ExitRow& exit = version.made.exits[row];
    cpython::Frame* const frame = frame_of(activation);
    hide(activation);
    if (version.tells_lines && exit.kind == ir::ExitKind::Resume && exit.frames.size() == 1)
        tell_exit(frame, exit.frames.front().resume + body_offset(version));
    if (was_entered(activation))
        return cpython::take_exit(frame, exit, words, version.objects, body_offset(version));
    activation.frame = nullptr;
    return cpython::leave_late_frame(frame, exit, words, version.objects, body_offset(version));
}

// The frame is gone, or about to be, and nobody's to see.
void bury(Activation& activation, PyObject* object) {
    hide(activation);
    if (was_entered(activation)) return cpython::bury_above(made_frame(activation), object);
    show_caller(activation);
    _Py_Dealloc(object);
}

PyObject* finish(Activation& activation, std::size_t row, const std::int64_t* words,
                 PyObject* result) {
    cpython::Frame* const frame = made_frame(activation);
    hide(activation);
    const bool kept = cpython::frame_kept(frame);
    if (was_entered(activation)) {
        if (!kept) return result;
        const Version& version = version_of(activation);
        return cpython::take_return(frame, version.made.exits[row], words, version.objects,
                                    body_offset(version), result);
    }
    activation.frame = nullptr;
    Version& version = version_of(activation);
    if (!kept && !unheard_tool_on(version)) {
        cpython::drop_late_frame(frame);
        return result;
    }
    return cpython::return_late_frame(frame, version.made.exits[row], words, version.objects,
                                      body_offset(version), result);
}

Serving::Serving(Activation& activation)
    : activation_(activation), before_(std::exchange(served, &activation)) {
    hide(activation);
}

Serving::~Serving() {
    if (version_of(activation_).watched.places) activation_.parent->inner = &activation_;
    served = before_;
}

cpython::Frame* innermost_interpreted(PyThreadState* thread) {
    const Activation* at = served;
    if (at == nullptr) return cpython::current_frame(thread);
    while (!was_entered(*at)) at = at->parent;
    return cpython::caller_of(made_frame(*at));
}

}  // namespace hone::engine
