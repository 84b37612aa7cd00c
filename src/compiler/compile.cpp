// SPDX-License-Identifier: Apache-2.0
// compile(): front end, passes, back end.
#include "compiler/compiler.h"
#include "compiler/effects.h"
#include "compiler/emit/emit.h"
#include "compiler/pipeline.h"

namespace hone::compiler {
namespace {

constexpr std::size_t kSmall = 80;        // ops that the full pipeline always gets
constexpr std::size_t kStraight = 300;    // … without a loop, if they are mostly native
constexpr std::size_t kLarge = 2000;      // … and never: 2.6 ms of code generation an op
constexpr std::size_t kNativeShare = 12;  // one op in so many may run Python code

// LLVM's full pipeline pays where native ops run in loops. What is long and mostly calls the
// interpreter's own functions gains nothing by it: a function of CPython's re parser took 9.7 s,
// and 0.4 s quickly.
Quality worthwhile(const ir::Function& function) {
    std::size_t python = 0;
    bool loops = false;
    for (const ir::Block& block : function.blocks) {
        loops |= block.loop_header;
        for (const ir::Inst& inst : block.insts)
            python += ir::has(effects_of(inst), ir::Effects::RunsPython) ? 1 : 0;
    }
    const std::size_t ops = count_ops(function);
    const bool native = python * kNativeShare < ops;
    const bool full = ops <= kSmall || (native && ops <= (loops ? kLarge : kStraight));
    return full ? Quality::Full : Quality::Quick;
}

}  // namespace

Result<ObjectCode> compile(const Request& request) {
    std::vector<LineNote> notes;
    auto function = build_ir(request, &notes);
    if (!function) return std::unexpected(function.error());
    if (auto passed = run_passes(*function, request.options, nullptr); !passed)
        return std::unexpected(passed.error());
    Options options = request.options;
    if (options.quality == Quality::Full) options.quality = worthwhile(*function);
    auto made = emit(*function, request.unit->layout, options);
    if (made) made->notes = std::move(notes);
    return made;
}

}  // namespace hone::compiler
