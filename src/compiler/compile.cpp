// SPDX-License-Identifier: Apache-2.0
// compile(): front end, passes, back end.
#include "compiler/compiler.h"
#include "compiler/emit/emit.h"
#include "compiler/pipeline.h"

namespace hone::compiler {

Result<ObjectCode> compile(const Request& request) {
    std::vector<LineNote> notes;
    auto function = build_ir(request, &notes);
    if (!function) return std::unexpected(function.error());
    if (auto passed = run_passes(*function, request.options, nullptr); !passed)
        return std::unexpected(passed.error());
    auto made = emit(*function, request.unit->layout, request.options);
    if (made) made->notes = std::move(notes);
    return made;
}

}  // namespace hone::compiler
