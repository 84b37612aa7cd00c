// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/stacks/own_stack.h"

#include <algorithm>
#include <string>
#include <utility>

#include "cpython/events/compiled_calls.h"

namespace hone::cpython {

namespace {

constexpr Py_ssize_t kLongestText = 4096;

Text text_of(PyObject* text) {
    const auto length = std::min(PyUnicode_GET_LENGTH(text), kLongestText);
    const auto width = static_cast<std::uint8_t>(PyUnicode_KIND(text));
    return {.width = width,
            .bytes = std::string(static_cast<const char*>(PyUnicode_DATA(text)),
                                 static_cast<std::size_t>(length) * width)};
}

CodeText describe(const PyCodeObject* code) {
    PyObject* const lines = code->co_linetable;
    return {.file = text_of(code->co_filename),
            .name = text_of(code->co_qualname),
            .first_line = code->co_firstlineno,
            .units = static_cast<std::uint32_t>(Py_SIZE(code)),
            .lines = std::string(PyBytes_AS_STRING(lines),
                                 static_cast<std::size_t>(PyBytes_GET_SIZE(lines)))};
}

// As walker.cpp has it: a function that is being called has no frame yet.
bool has_begun(_PyInterpreterFrame* frame, std::int32_t unit) {
    return unit >= raw::code_of(frame)->_co_firsttraceable ||
           frame->owner == FRAME_OWNED_BY_GENERATOR;
}

// Activations of compiled code, as the frames that they have are met from the innermost outwards.
class CompiledFrames {
  public:
    explicit CompiledFrames(const CompiledStack& stack)
        : next_(stack.activations().begin()), end_(stack.activations().end()) {}

    // Before the innermost frame: those that have none are on top of it, if it is theirs.
    void add_frameless(const void* innermost, std::vector<OwnFrame>& frames) {
        auto framed = next_;
        while (framed != end_ && framed->frame == nullptr) ++framed;
        const bool theirs = framed != end_ && framed->frame == innermost;
        for (; next_ != framed; ++next_)
            if (theirs) add(*next_, frames);
    }
    // Is this frame an activation's? Then it is where that says.
    bool add_framed(const void* frame, std::vector<OwnFrame>& frames) {
        if (next_ == end_ || next_->frame != frame) return false;
        add(*next_, frames);
        do ++next_;
        while (next_ != end_ && next_->frame == nullptr);
        return true;
    }

  private:
    static void add(const CompiledStack::Activation& activation, std::vector<OwnFrame>& frames) {
        frames.insert(frames.end(), activation.at.begin(), activation.at.end());
    }

    std::vector<CompiledStack::Activation>::const_iterator next_, end_;
};

}  // namespace

void OwnStack::read(std::size_t deepest) noexcept {
    frames_.clear();
    PyThreadState* const thread = PyGILState_GetThisThreadState();
    if (thread == nullptr) return;
    compiled_.clear();
    if (const auto read = compiled_calls().read_compiled) read(compiled_);
    CompiledFrames compiled(compiled_);
    bool outer = false;
    for (_PyInterpreterFrame* frame = raw::current(thread); frame != nullptr;
         frame = frame->previous) {
        if (raw::is_shim(frame)) continue;
        const auto unit = static_cast<std::int32_t>(raw::running_unit(frame));
        if (!has_begun(frame, unit)) continue;
        if (!std::exchange(outer, true)) compiled.add_frameless(frame, frames_);
        if (frames_.size() >= deepest) return;
        if (compiled.add_framed(frame, frames_)) continue;
        frames_.push_back({raw::code_of(frame), static_cast<std::uint32_t>(std::max(unit, 0))});
    }
}

CodeIdentity identity_of(const PyCodeObject* code) noexcept {
    return {.file = code->co_filename,
            .name = code->co_name,
            .qualified_name = code->co_qualname,
            .lines = code->co_linetable};
}

CodeId OwnCodes::number(PyCodeObject* code) {
    const CodeIdentity identity = identity_of(code);
    const auto [found, fresh] = entries_.try_emplace(code, Entry{next_, identity});
    if (!fresh && found->second.identity == identity) return found->second.id;
    found->second = {next_++, identity};
    tell_(to_, found->second.id, describe(code));
    return found->second.id;
}

}  // namespace hone::cpython
