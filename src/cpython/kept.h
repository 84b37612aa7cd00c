// SPDX-License-Identifier: Apache-2.0
// Things made at their first use and kept for good, whose making may run Python.
#pragma once

namespace hone::cpython {

// What Make() made: a pointer, null if it failed (then the next call tries again). The GIL protects
// it. A static with an initialiser would deadlock here: while Make() runs Python another thread may
// get the GIL, and it would wait for the initialiser without ever giving the GIL back. So two
// threads may both make it; the second finds the first one's and leaves its own to nobody.
template <auto Make>
[[nodiscard]] auto* kept() {
    static decltype(Make()) made = nullptr;
    if (made == nullptr) {
        auto* const fresh = Make();
        if (made == nullptr) made = fresh;
    }
    return made;
}

}  // namespace hone::cpython
