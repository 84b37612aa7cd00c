// SPDX-License-Identifier: Apache-2.0
// 3.12+: the evaluator runs a frame as its entry and clears it. 3.11 does not clear entry frames,
// so the frame is slipped in between two: X, a bare function, calls E, whose native constant
// makes E return to our frame and our frame to X; what E returns is our frame's top item.
#include "cpython/private.h"

#include "cpython/run_frame.h"

#include "base/check.h"
#include "cpython/bytecode/code_edit.h"
#include "cpython/exits.h"
#include "cpython/ref.h"
#include "cpython/slots.h"

namespace hone::cpython {

namespace {

struct Request {
    Frame* frame;
    PyObject* error;  // strong, or null
};
thread_local Request* request = nullptr;

PyObject* between = nullptr;    // X
PyObject* slip_op = nullptr;    // its E's native constant
PyObject* settle_op = nullptr;  // X's own

PyObject* slip_negative(PyObject*) {
    if (request == nullptr) {
        PyErr_SetString(PyExc_SystemError, "hone: no frame is waiting here");
        return nullptr;
    }
    Request job = *std::exchange(request, nullptr);
    PyThreadState* const thread = raw::thread_now();
    raw::recursion_left(thread) -= 2;  // lent for X and E
    Frame* self = raw::current(thread);
    Frame* x = self->previous;
    self->previous = job.frame;
    job.frame->previous = x;
    if (job.error != nullptr) {
        raw::give_error(job.error);
        return nullptr;
    }
    // The top item is handed over; with an empty stack the last local is, and comes back.
    std::uint32_t top = raw::depth_of(job.frame) - 1;
    PyObject* object = raw::slot_object(raw::slots_of(job.frame)[top]);
    raw::set_depth(job.frame, top);
    return object != nullptr ? object : Py_NewRef(slip_op);
}

// Back in X. Our frame lay below X, and as it was popped the stack was cut back to where it began:
// a profiler that hears of X's return would run in the words of X.
PyObject* settle_negative(PyObject*) {
    PyThreadState* const thread = raw::thread_now();
    Frame* const x = raw::current(thread);
    if (raw::code_of(x) == reinterpret_cast<PyCodeObject*>(PyFunction_GET_CODE(between)))
        thread->datastack_top = reinterpret_cast<PyObject**>(x) + raw::frame_words(raw::code_of(x));
    return Py_NewRef(Py_None);
}

// X: result = E(settle_op); -settle_op; return result.
std::string between_code() {
    Assembler code;
    if (raw::kNullFirst) code.add(PUSH_NULL);
    code.add(LOAD_CONST, 0);
    if (!raw::kNullFirst) code.add(PUSH_NULL);
    code.add(LOAD_CONST, 1);
    code.add(raw::kPrecall, 1);
    code.add(CALL, 1);
    code.add(LOAD_CONST, 1);
    code.add(UNARY_NEGATIVE);
    code.add(POP_TOP);
    code.add(RETURN_VALUE);
    return code.bytes();
}

PyObject* run_between(PyThreadState* thread, Frame* frame, PyObject* error) {
    HONE_CHECK(error != nullptr || raw::depth_of(frame) > 0,
               "a frame without a slot is not run on 3.11");
    Request job{frame, error};
    request = &job;
    // X and E are no levels of the program's and must not meet its limit; X stands for our frame's
    // level, which is given back when that returns.
    raw::recursion_left(thread) += 2;
    PyObject* result = PyObject_CallOneArg(between, Py_None);
    HONE_CHECK(request == nullptr, "the frame has not run");
    --raw::recursion_left(thread);
    thread->datastack_top = reinterpret_cast<PyObject**>(frame);
    return result;
}

}  // namespace

bool has_room(PyThreadState* thread, std::size_t words) noexcept {
    return thread->datastack_top != nullptr &&
           static_cast<std::ptrdiff_t>(words) < thread->datastack_limit - thread->datastack_top;
}

namespace {

// The first word of a chunk of ours. The interpreter frees a chunk when the frame at its first
// word is popped; ours must outlive that, since on 3.11 the frames that helped to run it are
// above it (run_between).
char chunk_mark;
constexpr std::size_t kChunkBytes = 1u << 14;

PyObject** first_words(_PyStackChunk* chunk) {
    return &chunk->data[1];
}

bool is_ours(_PyStackChunk* chunk) {
    return chunk->data[0] == reinterpret_cast<PyObject*>(&chunk_mark);
}

}  // namespace

void make_room(PyThreadState* thread, std::size_t words) {
    if (has_room(thread, words)) return;
    PyObjectArenaAllocator arena;
    PyObject_GetArenaAllocator(&arena);
    std::size_t size = kChunkBytes;
    while (size < 8 * (words + 16)) size *= 2;
    auto* const chunk = static_cast<_PyStackChunk*>(arena.alloc(arena.ctx, size));
    HONE_CHECK(chunk != nullptr, "no memory for a frame");
    _PyStackChunk* const before = thread->datastack_chunk;
    if (before != nullptr)
        before->top = static_cast<std::size_t>(thread->datastack_top - &before->data[0]);
    chunk->previous = before;
    chunk->size = size;
    chunk->top = 0;
    chunk->data[0] = reinterpret_cast<PyObject*>(&chunk_mark);
    thread->datastack_chunk = chunk;
    thread->datastack_top = first_words(chunk);
    thread->datastack_limit = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(chunk) + size);
}

void release_room(PyThreadState* thread, Frame* frame) noexcept {
    thread->datastack_top = reinterpret_cast<PyObject**>(frame);
    _PyStackChunk* const chunk = thread->datastack_chunk;
    if (thread->datastack_top != first_words(chunk) || !is_ours(chunk)) return;
    _PyStackChunk* const before = chunk->previous;
    if (before == nullptr) return;
    thread->datastack_chunk = before;
    thread->datastack_top = &before->data[before->top];
    thread->datastack_limit =
        reinterpret_cast<PyObject**>(reinterpret_cast<char*>(before) + before->size);
    PyObjectArenaAllocator arena;
    PyObject_GetArenaAllocator(&arena);
    arena.free(arena.ctx, chunk, chunk->size);
}

Frame* link_frame(PyThreadState* thread, PyObject* function, PyCodeObject* code) noexcept {
    auto* frame = reinterpret_cast<Frame*>(thread->datastack_top);
    thread->datastack_top += raw::frame_words(code);
    raw::initialize(thread, frame, function, code);
    frame->previous = raw::current(thread);
    raw::current(thread) = frame;
    return frame;
}

PyObject* run_frame(PyThreadState* thread, Frame* frame, PyObject* error) {
    if constexpr (raw::kRunsEntryFrames) {
        if (error != nullptr) raw::give_error(error);
        return _PyEval_EvalFrameDefault(thread, frame, error != nullptr);
    } else {
        return run_between(thread, frame, error);
    }
}

namespace {

// An object that runs `negative` where minus is applied to it.
PyObject* make_op(const char* name, PyObject* (*negative)(PyObject*)) {
    PyType_Slot slots[] = {{Py_nb_negative, reinterpret_cast<void*>(negative)}, {0, nullptr}};
    PyType_Spec spec = {
        name, sizeof(PyObject), 0,
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, slots};
    PyObject* const type = PyType_FromSpec(&spec);
    return type != nullptr ? PyObject_New(PyObject, reinterpret_cast<PyTypeObject*>(type))
                           : nullptr;
}

}  // namespace

Result<void> start_run_frame() {
    if (raw::kRunsEntryFrames) return {};
    slip_op = make_op("hone._jit.Slip", slip_negative);
    settle_op = make_op("hone._jit.Settle", settle_negative);
    if (slip_op == nullptr || settle_op == nullptr) return fail("the exit's type can't be made");
    Ref<> slip = steal(bare_function("_slip", leave_code(), slip_op));
    between = slip ? bare_function("_between", between_code(), slip.get(), settle_op) : nullptr;
    if (between == nullptr) return fail("the exit function can't be made");
    return {};
}

}  // namespace hone::cpython
