// SPDX-License-Identifier: Apache-2.0
// Making code objects from code objects: inserting units, moving tables, replacing fields.
// Jumps are relative in all versions, so a body moves as it is. Requires the GIL.
#pragma once

#include <Python.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cpython/ref.h"
#include "ir/unit.h"

namespace hone::cpython {

// A short piece of bytecode under construction; caches follow their instruction by themselves.
class Assembler {
  public:
    void add(int opcode, std::uint32_t arg = 0);  // negative opcode: nothing
    // A forward jump to bind(): `opcode` with room for one byte of distance.
    [[nodiscard]] std::size_t jump(int opcode);
    void bind(std::size_t jump);
    [[nodiscard]] std::uint32_t size() const {
        return static_cast<std::uint32_t>(bytes_.size() / 2);
    }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

  private:
    std::string bytes_;
};

// The line table with `count` units without a location inserted before unit `at`; empty if
// no entry ends there.
[[nodiscard]] std::string insert_units(const std::string& line_table, std::uint32_t at,
                                       std::uint32_t count);
// `count` units without location.
[[nodiscard]] std::string no_location(std::uint32_t count);

[[nodiscard]] std::vector<ir::Handler> read_exception_table(PyCodeObject* code);
[[nodiscard]] std::string write_exception_table(const std::vector<ir::Handler>& handlers);

// code.replace(**fields); null with an error set on failure.
using Fields = std::vector<std::pair<const char*, Ref<>>>;
[[nodiscard]] Ref<PyCodeObject> replace_fields(PyCodeObject* code, Fields fields);
[[nodiscard]] Ref<> bytes_object(const std::string& bytes);

// co_code without specialisations and instrumentation.
[[nodiscard]] std::string base_code(PyCodeObject* code);

}  // namespace hone::cpython
