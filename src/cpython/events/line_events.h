// SPDX-License-Identifier: Apache-2.0
// The lines that chosen code objects run, as a stream into a sink. All other code runs as ever.
//
// 3.12 and later: local events of sys.monitoring for the chosen code, with one free tool id, and
// PY_UNWIND, which exists for all code only (before 3.15) and is announced where exceptions end a
// call. 3.11: copies of the code with probes in it (probe_insertion.h); a trace function would slow
// down all code of its thread.
// What is a hit: execution has come to a line from another one. Backward jumps within one line (a
// loop written on one line) are hits on 3.11 alone: sys.settrace and sys.monitoring differ there,
// and each version's profilers count as it announces.
// Threads: everything under the GIL.
#pragma once

#include <Python.h>

#include <cstdint>

#include "cpython/ref.h"

namespace hone::cpython {

// Which activation of which code speaks. The frame's address is good for comparing only.
struct LinePlace {
    PyCodeObject* code;
    const void* frame;
    std::uint64_t thread;   // unique in the process's life
    bool compiled = false;  // compiled code speaks
};

enum class LineEnd : std::uint8_t { Return, Yield, Unwind };

// Must not raise and must not run Python code. An activation may come up by any of its events: a
// generator that is resumed by throw() is not announced.
class LineSink {
  public:
    virtual void entered(const LinePlace& place) noexcept = 0;
    // A generator or coroutine goes on in `line`, which is no hit.
    virtual void resumed(const LinePlace& place, int line) noexcept = 0;
    virtual void hit(const LinePlace& place, int line) noexcept = 0;
    // A hit, if the activation was on another line or strayed() since. One that has not come up
    // since it yielded was resumed by throw(): on the line it yielded from.
    virtual void on_line(const LinePlace& place, int line) noexcept = 0;
    virtual void strayed(const LinePlace& place) noexcept = 0;
    // A handler begins that may raise again as if from where the exception came: on the line of
    // that place the activation counts as being from raised_again() to its next line (3.11).
    virtual void caught(const LinePlace& place) noexcept = 0;
    virtual void raised_again(const LinePlace& place) noexcept = 0;
    virtual void left(const LinePlace& place, LineEnd end) noexcept = 0;
    // Comes before left() on 3.11, where nothing announces throw().
    virtual void yielded_from(const LinePlace& place) noexcept = 0;
    // So much time of this thread went into compiling, which is no line's.
    virtual void left_out(std::uint64_t thread, std::int64_t nanoseconds) noexcept = 0;

  protected:
    ~LineSink() = default;
};

// One subscription per process: the owner sees to it.
class LineEvents {
  public:
    LineEvents() = default;
    ~LineEvents() { stop(); }
    LineEvents(const LineEvents&) = delete;
    LineEvents& operator=(const LineEvents&) = delete;

    // A new code object that does the same and can be watched. Null with an error set.
    [[nodiscard]] static Ref<PyCodeObject> copy(PyCodeObject* code);
    // What copy() was given for this code; the code itself where it made none. Borrowed.
    [[nodiscard]] static PyCodeObject* source_of(PyCodeObject* code) noexcept;
    // Whether code can be watched as it is, so that only those who want another object make a copy.
    static const bool kWatchesAnyCode;

    // False: a Python error is set (other tools hold every free id).
    [[nodiscard]] bool start(LineSink& sink);
    // Requires: on(). On 3.11: code that copy() made; others are never announced.
    [[nodiscard]] bool watch(PyCodeObject* code);
    void unwatch(PyCodeObject* code) noexcept;
    // Keeps a Python error that is set.
    void stop() noexcept;
    [[nodiscard]] bool on() const noexcept { return on_; }

  private:
    bool on_ = false;
    int tool_ = -1;    // sys.monitoring's tool id; unused on 3.11
    long mask_ = 0;    // the events of a code object
    Ref<> set_local_;  // sys.monitoring.set_local_events
};

}  // namespace hone::cpython
