// SPDX-License-Identifier: Apache-2.0
// Who holds each object of a function: the analysis under passes/refcount.
//
// Values fall into *units*: NotNull is the same object as its operand, and an item of a
// tuple whose death nobody notices (an int, a str) counts as a use of the tuple. Each unit
// has one Hold:
//   Immortal  never counted (constants, and parameters that only ever receive such)
//   Slot      borrowed from a frame slot or a tuple: good until Python code may run
//   Heap      borrowed from a list, a cell …: good until the heap is written, too
//   Owned     the compiled code holds one reference, from the definition to the last use
// All start as low as their definition allows, parameters as Immortal, and rise until
// nothing changes: a parameter to the highest of what it receives; a borrowed unit to Owned
// if it is live where it could be freed. Dropping an owned object may run Python code, too,
// unless its type dies quietly, so each rise can cause others.
//
// Nothing may die between the check of an index and the access it allows: the finalizer could
// shrink the list. So ListItem, SetListItem and SetListFloat count as using whatever was live since
// the length was read, in their block or the one before it (`Window`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/passes/bitset.h"
#include "ir/cfg.h"
#include "ir/function.h"

namespace hone::compiler::passes {

enum class Hold : std::uint8_t { Immortal, Slot, Heap, Owned };

class Ownership {
  public:
    explicit Ownership(const ir::Function& function);

    // The unit that keeps an object alive; none for unboxed values.
    [[nodiscard]] ir::ValueId unit(ir::ValueId value) const { return unit_[value.index()]; }
    // Is it the unit's own object (not an item inside it)?
    [[nodiscard]] bool same(ir::ValueId value) const { return same_[value.index()]; }
    [[nodiscard]] Hold hold(ir::ValueId unit) const { return hold_[unit.index()]; }
    [[nodiscard]] bool owned(ir::ValueId unit) const { return hold(unit) == Hold::Owned; }
    // Borrowed by its definition, but owned since it lives across something that could free it.
    [[nodiscard]] bool retained(ir::ValueId unit) const {
        return owned(unit) && !made_owned_[unit.index()];
    }

    // Units that the block wants from its predecessors, beside its parameters.
    [[nodiscard]] const BitSet& live_in(ir::BlockId block) const { return live_in_[block.index()]; }
    // The same with those of its parameters that are used.
    [[nodiscard]] const BitSet& live_start(ir::BlockId block) const {
        return live_start_[block.index()];
    }
    // Units live after the last instruction, edge arguments included.
    [[nodiscard]] const BitSet& live_out(ir::BlockId block) const {
        return live_out_[block.index()];
    }
    [[nodiscard]] const BitSet& owned_units() const { return owned_units_; }

    // Would dropping the unit after instruction `index` of `block` (-1: at its start) run no Python
    // code?
    [[nodiscard]] bool quiet(ir::ValueId unit, ir::BlockId block, std::int32_t index) const;
    // … on an edge.
    [[nodiscard]] bool quiet(ir::ValueId unit, ir::EdgeRef edge) const;

    // Adds the units that instruction `index` of the block reads, or that must not die before it is
    // done.
    void add_uses(ir::BlockId block, std::size_t index, BitSet& live) const;
    // Removes the units an instruction makes.
    void remove_results(const ir::Inst& inst, BitSet& live) const;

    // The operand whose reference the op takes over, or none.
    [[nodiscard]] static ir::ValueId consumed(const ir::Inst& inst);
    // How many owned parameters of the edge's target receive this unit's own object.
    [[nodiscard]] std::uint32_t times_passed(ir::ValueId unit, const ir::Edge& edge) const;
    // Is the unit, owned and live at the end of the block, of no use beyond this edge?
    [[nodiscard]] bool dies_on(ir::ValueId unit, const ir::Edge& edge) const;

  private:
    // From `index` of `block` on, wherever that dominates, the unit is known to die quietly.
    struct Evidence {
        ir::ValueId unit;
        ir::BlockId block;
        std::int32_t index;
    };

    // Instructions from the reading of a length to the access at `access`, which is in this block
    // or its successor.
    struct Window {
        std::size_t access = 0;
        ir::BlockId block;
        std::size_t from = 0, to = 0;
    };

    void find_units();
    void find_windows();
    void add_operands(const ir::Inst& inst, BitSet& live) const;
    void add_live_before(ir::BlockId from, ir::BlockId to, BitSet& live) const;
    void start_holds();
    void find_evidence();
    void add_evidence(ir::ValueId value, ir::TypeKind type, ir::BlockId block, std::int32_t index);
    void compute_liveness();
    [[nodiscard]] bool known_quiet(ir::ValueId unit, ir::BlockId block, std::int32_t index) const;

    bool raise(ir::ValueId unit, Hold to);
    bool raise_live(const BitSet& live, const BitSet& borrowed);
    bool raise_from_sources();
    bool raise_clobbered();
    bool raise_in_block(ir::BlockId block);
    bool raise_at_start(ir::BlockId block);
    bool raise_on_edges(ir::BlockId block);
    [[nodiscard]] Hold received(ir::ValueId argument) const;

    const ir::Function& function_;
    ir::Dominators dominators_;
    std::vector<const ir::Inst*> made_;
    std::vector<ir::ValueId> unit_;
    std::vector<bool> same_;
    std::vector<Hold> hold_;
    std::vector<bool> made_owned_;
    BitSet owned_units_, borrowed_units_, heap_units_;  // borrowed: Slot or Heap
    std::vector<BitSet> live_in_, live_start_, live_out_;
    std::vector<std::vector<Evidence>> evidence_;  // by unit
    std::vector<std::vector<Window>> windows_;     // by block of the access
};

}  // namespace hone::compiler::passes
