// SPDX-License-Identifier: Apache-2.0
// 3.11: code objects from code objects, with probes where lines begin and where activations begin,
// go on and end.
//
// A probe is two units: LOAD_CONST probe; POP_JUMP_FORWARD_IF_TRUE 0. Asking the constant whether
// it is true is what tells the sink (no call, no result to drop), and the jump leads to the next
// instruction either way. Probes carry the position of the instruction they precede, so that
// tracers see the same lines; no event of a profile function is caused. An exception that leaves
// the code passes through a handler of its own, which has a probe and raises it again at the place
// where it came from.
// Where sys.settrace announces a line is decided at run time, from the instruction before; here it
// is decided per edge of the code, and only where an instruction follows one of its own line and
// one of another by the probe (ProbeKind::OnLine).
#pragma once

#include <Python.h>

#include "cpython/ref.h"

namespace hone::cpython {

enum class ProbeKind : unsigned char {
    Enter,
    Resume,
    Hit,
    OnLine,
    Stray,
    Caught,
    Again,
    Leave,
    Yield,
    Unwind
};

// Makes the constant: a new reference, or null with an error set. `line` is -1 where there is none;
// `code` is what the probes are inserted into.
using MakeProbe = Ref<> (*)(ProbeKind kind, int line, PyCodeObject* code);

// Null with an error set. Code without RESUME (never the compiler's) comes back as a plain copy.
[[nodiscard]] Ref<PyCodeObject> insert_probes(PyCodeObject* code, MakeProbe make);

}  // namespace hone::cpython
