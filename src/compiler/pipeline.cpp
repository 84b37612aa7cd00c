// SPDX-License-Identifier: Apache-2.0
// The order of the passes, with its reasons, and the running of one.
#include "compiler/pipeline.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <string>

#include "compiler/effects.h"
#include "compiler/passes/passes.h"
#include "ir/verifier.h"

namespace hone::compiler {

namespace {

constexpr std::array kPasses = {
#define HONE_PASS(name, text, function, doc) PassInfo{text, doc, false, &passes::function},
#define HONE_NEEDED_PASS(name, text, function, doc) PassInfo{text, doc, true, &passes::function},
#include "compiler/passes.def"
#undef HONE_PASS
#undef HONE_NEEDED_PASS
};

bool named_in(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        if (list.substr(0, comma) == name) return true;
        list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    }
    return false;
}

std::string_view setting(const char* variable) {
    const char* const value = std::getenv(variable);
    return value != nullptr ? value : "";
}

// Returns the failure of a step, if it failed.
#define HONE_STEP(step) \
    if (auto done = step; !done) return done

class Pipeline {
  public:
    Pipeline(ir::Function& function, const Options& options, PassTrace* trace)
        : function_(function),
          options_(options),
          trace_(trace),
          off_(setting("HONE_DISABLE_PASS")),
          verify_each_(setting("HONE_VERIFY") == "1") {}

    Result<void> run() {
        passes::remove_unreachable(function_);
        HONE_STEP(verify("the front end"));
        // The front end passes every local along every edge: all later passes see through the
        // values once that is gone.
        HONE_STEP(run(Pass::TrivialParams));
        HONE_STEP(run(Pass::EqualParams));
        // Identity hangs on it: as long as equal numbers are copies, and after copies that went
        // round loops have become one.
        HONE_STEP(run(Pass::ShareBoxes));
        // Drops count as running Python code, which would hold all others back.
        HONE_STEP(run(Pass::CleanSlots));
        // Unboxing what was boxed takes the last reader from many a box, which then stands in
        // states only.
        HONE_STEP(run(Pass::Fold));
        // Folding decides branches; fewer paths mean more dominators for what follows.
        HONE_STEP(run(Pass::SimplifyCfg));
        // Folding makes operands equal that were boxed and unboxed between.
        HONE_STEP(run(Pass::Cse));
        // Facts are about values: the fewer names one has, the more is known of it.
        HONE_STEP(run(Pass::IntRanges));
        // Takes the last reader from boxes, too.
        HONE_STEP(run(Pass::StoreFloats));
        HONE_STEP(run(Pass::SinkBoxes));
        // After everything that takes readers away.
        HONE_STEP(run(Pass::Dce));
        // The last to look at liveness, since counts follow it; whatever moves or drops a use comes
        // before.
        HONE_STEP(run(Pass::Refcount));
        // Where Python code may run is known only now: finalizers do where objects die.
        HONE_STEP(run(Pass::Guards));
        if (count_words(function_) > options_.max_words)
            return fail("too large: its exits hand over more than " +
                        std::to_string(options_.max_words) + " values");
        return verify("the last pass");
    }

  private:
    Result<void> run(Pass pass) {
        const PassInfo& row = pass_info(pass);
        if (!row.needed &&
            (named_in(off_, row.name) || options_.disabled_passes.contains(std::string(row.name))))
            return {};
        if (count_ops(function_) > options_.max_ops)
            return fail("too large: more than " + std::to_string(options_.max_ops) + " operations");
        const auto start = std::chrono::steady_clock::now();
        row.run(function_);
        const auto took = std::chrono::steady_clock::now() - start;
        if (trace_ != nullptr)
            trace_->rows.push_back(
                {row.name, static_cast<std::uint64_t>(std::chrono::nanoseconds(took).count()),
                 count_ops(function_)});
        return verify_each_ ? verify("pass " + std::string(row.name)) : Result<void>();
    }

    Result<void> verify(const std::string& after) {
        if (auto checked = ir::verify(function_, call_rows()); !checked)
            return fail("internal error after " + after + ": " + checked.error().reason);
        return {};
    }

    ir::Function& function_;
    const Options& options_;
    PassTrace* trace_;
    std::string_view off_;
    bool verify_each_;
};

#undef HONE_STEP

}  // namespace

const PassInfo& pass_info(Pass pass) {
    return kPasses[static_cast<std::size_t>(pass)];
}

const PassInfo* find_pass(std::string_view name) {
    for (std::size_t i = 0; i < kPasses.size(); ++i)
        if (kPasses[i].name == name) return &pass_info(static_cast<Pass>(i));
    return nullptr;
}

// What exits and syncs store: with hundreds of locals this, not the ops, is the code's size.
std::size_t count_words(const ir::Function& function) {
    std::size_t words = 0;
    for (const ir::Block& block : function.blocks)
        for (const ir::Inst& inst : block.insts)
            if (inst.state)
                for (const ir::FrameState& frame : function.states[inst.state.index()].frames)
                    for (const ir::StateSlot& slot : frame.slots) words += slot.value ? 1 : 0;
    return words;
}

std::size_t count_ops(const ir::Function& function) {
    std::size_t ops = 0;
    for (const ir::Block& block : function.blocks) ops += block.insts.size();
    return ops;
}

Result<void> run_passes(ir::Function& function, const Options& options, PassTrace* trace) {
    return Pipeline(function, options, trace).run();
}

}  // namespace hone::compiler
