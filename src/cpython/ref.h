// SPDX-License-Identifier: Apache-2.0
// Owned references. Ref<T> holds one count of a Python object, moves and never copies; it is made
// by steal() (takes the caller's count) or own() (adds one), never from a raw pointer alone.
// Threads: every operation that touches a count needs the GIL.
#pragma once

#include <Python.h>

#include <utility>

namespace hone::cpython {

template <class T = PyObject>
class [[nodiscard]] Ref {
  public:
    constexpr Ref() = default;
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref&& other) noexcept {
        if (this != &other) reset(std::exchange(other.object_, nullptr));
        return *this;
    }
    Ref(const Ref&) = delete;
    Ref& operator=(const Ref&) = delete;
    ~Ref() { reset(nullptr); }

    [[nodiscard]] static Ref steal(T* object) noexcept { return Ref(object); }
    [[nodiscard]] static Ref own(T* object) noexcept {
        Py_XINCREF(reinterpret_cast<PyObject*>(object));
        return Ref(object);
    }

    [[nodiscard]] T* get() const noexcept { return object_; }
    [[nodiscard]] PyObject* object() const noexcept { return reinterpret_cast<PyObject*>(object_); }
    [[nodiscard]] T* release() noexcept { return std::exchange(object_, nullptr); }
    explicit operator bool() const noexcept { return object_ != nullptr; }
    T* operator->() const noexcept { return object_; }

  private:
    explicit Ref(T* object) noexcept : object_(object) {}
    // The old object goes last: its finaliser may run Python that sees this Ref.
    void reset(T* object) noexcept {
        T* old = std::exchange(object_, object);
        Py_XDECREF(reinterpret_cast<PyObject*>(old));
    }

    T* object_ = nullptr;
};

[[nodiscard]] inline Ref<> steal(PyObject* object) noexcept {
    return Ref<>::steal(object);
}
[[nodiscard]] inline Ref<> own(PyObject* object) noexcept {
    return Ref<>::own(object);
}

}  // namespace hone::cpython
