// SPDX-License-Identifier: Apache-2.0
// A machine that runs a function after passes/refcount over fake objects that count their
// references, as unkindly as CPython may: guards fail, calls raise, and wherever Python
// code may run, list items and frame slots are replaced, so that whatever only they held
// is freed. It reports the first use of a freed object and any count that is off at the end.
//
// Every object can be used as a list (items that change) and as a tuple (items that don't;
// the first two are of a type that dies quietly). Single-threaded; for tests.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "ir/function.h"

namespace hone::compiler::testing {

class FakeHeap {
  public:
    static constexpr int kNull = -1;
    static constexpr std::size_t kItems = 4, kSlots = 4;

    explicit FakeHeap(std::uint32_t seed);

    int make(bool quiet);
    void inc(int object);
    void dec(int object);
    [[nodiscard]] bool alive(int object) const {
        return object == kNull || objects_[static_cast<std::size_t>(object)].refs > 0;
    }

    int constant(std::uint32_t id);
    int list_item(int list, std::size_t at);
    int tuple_item(int tuple, std::size_t at);
    // False where dropping the old item could run Python code: then nothing is stored.
    bool store(int list, std::size_t at, int value);
    int& slot(std::size_t at) { return slots_[at]; }
    // What any Python code may do.
    void clobber();
    // Are there as many references as holders in the heap?
    [[nodiscard]] bool balanced() const;

    bool chance(unsigned one_in) { return random_() % one_in == 0; }
    std::size_t pick(std::size_t below) { return random_() % below; }

  private:
    struct Object {
        int refs = 1;
        bool quiet = false;
        std::vector<int> items, tuple;
    };
    Object& at(int object) { return objects_[static_cast<std::size_t>(object)]; }

    std::mt19937 random_;
    std::deque<Object> objects_;
    std::vector<int> constants_, slots_;
    int depth_ = 0;
};

// Runs once from the entry. The failure, or none; `steps` bounds the run.
[[nodiscard]] std::optional<std::string> run_counted(const ir::Function& function,
                                                     std::uint32_t seed, int steps = 400);

// A random function of the ops the machine knows: loops, diamonds, parameters, borrows, exits.
[[nodiscard]] ir::Function random_function(std::uint32_t seed);

}  // namespace hone::compiler::testing
