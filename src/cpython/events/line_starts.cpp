// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/events/line_starts.h"

#include <algorithm>
#include <string>

#include "cpython/bytecode/code_edit.h"
#include "cpython/bytecode/location_table.h"
#include "cpython/bytecode/opcode_tables.h"
#include "cpython/events/line_events.h"

namespace hone::cpython {

namespace {

LineStart start_with(int opcode) {
    if (opcode == FOR_ITER) return LineStart::Iterates;
    return hone_opcode_caches[opcode] > 0 ? LineStart::Adapts : LineStart::Plain;
}

}  // namespace

std::optional<std::vector<LineStart>> line_starts(PyCodeObject* code, int first,
                                                  std::size_t lines) {
    std::vector<LineStart> starts(lines, LineStart::Plain);
    if (!LineEvents::kWatchesAnyCode) return starts;
    const std::string bytes = base_code(code);
    const auto locations = read_locations(code);
    if (!locations) return std::nullopt;
    std::vector<bool> known(lines);
    int before = -1;
    for (std::size_t unit = 0; unit < bytes.size() / 2;) {
        const int opcode = static_cast<unsigned char>(bytes[2 * unit]);
        const int line = (*locations)[unit].line;
        unit += 1u + hone_opcode_caches[opcode];
        const auto index = static_cast<std::size_t>(line - first);
        const bool comes_to = line != std::exchange(before, line) || opcode == FOR_ITER;
        if (line < 0 || !comes_to || index >= lines) continue;
        // A line may be come to at several instructions: at the head of a loop most often, else at
        // the first.
        if (opcode == FOR_ITER || !known[index]) starts[index] = start_with(opcode);
        known[index] = true;
    }
    return starts;
}

}  // namespace hone::cpython
