// SPDX-License-Identifier: Apache-2.0
#include "ir/printer.h"

#include <bit>
#include <charconv>
#include <cmath>

#include "ir/text.h"

namespace hone::ir {

namespace {

using text::AuxKind;
using text::SlotOperand;

std::string value_name(ValueId id) {
    return id ? "%" + std::to_string(id.raw) : "%?";
}
std::string block_name(BlockId id) {
    return id ? "b" + std::to_string(id.raw) : "b?";
}

void append_list(std::string& out, const std::vector<ValueId>& ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (i != 0) out += ", ";
        out += value_name(ids[i]);
    }
}

class Printer {
  public:
    Printer(const Function& function, CallRows rows) : function_(function), rows_(rows) {}

    std::string whole() {
        out_ = "function \"" + function_.name + "\"";
        if (function_.direct_arguments >= 0)
            out_ += " direct=" + std::to_string(function_.direct_arguments);
        out_ += " {\n";
        for (std::size_t b = 0; b < function_.blocks.size(); ++b) block(BlockId(b));
        for (std::size_t s = 0; s < function_.states.size(); ++s) state(s);
        out_ += "}\n";
        return std::move(out_);
    }

    std::string one(const Block& block, const Inst& inst) {
        instruction(block, inst);
        return std::move(out_);
    }

  private:
    // A value where it is made: what differs from the defaults follows its name.
    void definition(ValueId id, Rep rep, Own own) {
        out_ += value_name(id);
        if (!id || id.index() >= function_.values.size()) return;
        const Value& value = function_.value(id);
        if (value.rep != rep)
            out_.append(":").append(text::kReps[static_cast<std::size_t>(value.rep)]);
        if (value.type != TypeKind::Unknown) out_.append("/").append(type_name(value.type));
        if (value.own != own)
            out_.append("!").append(text::kOwns[static_cast<std::size_t>(value.own)]);
    }

    void block(BlockId id) {
        const Block& block = function_.block(id);
        out_ += block_name(id);
        if (!block.params.empty()) {
            out_ += "(";
            for (std::size_t i = 0; i < block.params.size(); ++i) {
                if (i != 0) out_ += ", ";
                parameter(block.params[i]);
            }
            out_ += ")";
        }
        if (block.loop_header) out_ += " loop";
        if (block.cold) out_ += " cold";
        out_ += ":\n";
        for (const Inst& inst : block.insts) {
            out_ += "  ";
            instruction(block, inst);
            out_ += "\n";
        }
    }

    // Objects are owned by default, everything else is unboxed.
    void parameter(ValueId id) {
        const bool object =
            id && id.index() < function_.values.size() && is_object(function_.value(id).rep);
        definition(id, Rep::Obj, object ? Own::New : Own::Unboxed);
    }

    void instruction(const Block& block, const Inst& inst) {
        const OpInfo& row = info(inst.op);
        const CallRow* call = call_row(inst, rows_);
        if (inst.result || inst.result2) {
            if (inst.result)
                definition(inst.result, call != nullptr ? call->result : row.rep,
                           own_of(inst, rows_));
            else
                out_ += "_";
            if (inst.result2) {
                out_ += ", ";
                definition(inst.result2, Rep::Null, Own::New);
            }
            out_ += " = ";
        }
        out_ += row.text;
        if (!inst.args.empty()) {
            out_ += " ";
            append_list(out_, inst.args);
        }
        immediate(inst);
        auxiliary(inst);
        if (inst.state) out_ += " @s" + std::to_string(inst.state.raw);
        if (inst.line != 0) out_ += " line=" + std::to_string(inst.line);
        if (!inst.release.empty()) {
            out_ += " release(";
            append_list(out_, inst.release);
            out_ += ")";
        }
        if (!block.insts.empty() && &inst == &block.insts.back()) edges(block);
    }

    void immediate(const Inst& inst) {
        if (inst.imm == 0) return;
        out_ += " imm=";
        if (inst.op == Op::ConstF64)
            floating(inst.imm);
        else
            out_ += std::to_string(inst.imm);
    }

    // As a float where reading it back gives the same bits.
    void floating(std::int64_t bits) {
        const auto value = std::bit_cast<double>(bits);
        if (std::isnan(value)) {
            out_ += std::to_string(bits);
            return;
        }
        char buffer[40];
        const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
        std::string_view digits(buffer, end);
        out_ += digits;
        if (digits.find_first_of(".en") == std::string_view::npos) out_ += ".0";
    }

    void auxiliary(const Inst& inst) {
        const AuxKind kind = text::aux_kind(inst.op);
        if (inst.aux == 0 && (kind == AuxKind::Number || inst.op == Op::Leave)) return;
        out_ += " aux=";
        const std::size_t aux = inst.aux;
        if (kind == AuxKind::Assumption && aux < text::kAssumptions.size())
            out_ += text::kAssumptions[aux];
        else if (kind == AuxKind::Type && aux < text::kTypes.size())
            out_ += text::kTypes[aux];
        else if (kind == AuxKind::Cmp && aux < text::kCmps.size())
            out_ += text::kCmps[aux];
        else if (kind == AuxKind::Runtime && aux < rows_.size())
            out_ += rows_[aux].name;
        else
            out_ += std::to_string(inst.aux);
    }

    void edges(const Block& block) {
        for (std::size_t e = 0; e < block.edges.size(); ++e) {
            out_ += e == 0 ? " -> " : ", ";
            out_ += block_name(block.edges[e].to);
            if (block.edges[e].args.empty()) continue;
            out_ += "(";
            append_list(out_, block.edges[e].args);
            out_ += ")";
        }
    }

    void state(std::size_t index) {
        out_ += "  s" + std::to_string(index) + ":";
        for (const FrameState& frame : function_.states[index].frames) {
            out_ += " frame";
            if (frame.function) out_ += " fn=" + std::to_string(frame.function.raw);
            out_ += " @" + std::to_string(frame.resume) + " [";
            std::size_t at = 0;
            for (std::uint32_t i = 0; i < frame.locals && at < frame.slots.size(); ++i) {
                if (i != 0) out_ += ", ";
                slot(frame.slots, at);
            }
            for (std::uint32_t i = 0; i < frame.stack && at < frame.slots.size(); ++i) {
                out_ += i != 0 ? ", " : frame.locals != 0 ? " | " : "| ";
                slot(frame.slots, at);
            }
            out_ += "]";
        }
        out_ += "\n";
    }

    void slot(const std::vector<StateSlot>& slots, std::size_t& at) {
        const StateSlot& slot = slots[at++];
        const text::SlotWord& word = text::slot_word(slot.form);
        out_ += word.word;
        if (word.operand == SlotOperand::Value) {
            if (!word.word.empty()) out_ += " ";
            out_ += value_name(slot.value);
        }
        if (word.operand == SlotOperand::Number) out_ += " " + std::to_string(slot.count);
        if (word.parts == 0) return;
        const std::uint32_t parts = text::parts_of(slot);
        out_ += "(";
        for (std::uint32_t i = 0; i < parts && at < slots.size(); ++i) {
            if (i != 0) out_ += ", ";
            this->slot(slots, at);
        }
        out_ += ")";
    }

    const Function& function_;
    CallRows rows_;
    std::string out_;
};

}  // namespace

std::string print(const Function& function, CallRows rows) {
    return Printer(function, rows).whole();
}

std::string print_inst(const Function& function, const Block& block, const Inst& inst,
                       CallRows rows) {
    return Printer(function, rows).one(block, inst);
}

}  // namespace hone::ir
