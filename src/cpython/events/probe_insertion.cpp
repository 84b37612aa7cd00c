// SPDX-License-Identifier: Apache-2.0
#include "cpython/private.h"

#include "cpython/events/probe_insertion.h"

#if PY_VERSION_HEX < 0x030C0000

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/check.h"
#include "cpython/bytecode/code_edit.h"
#include "cpython/bytecode/location_table.h"
#include "cpython/bytecode/opcode_tables.h"

namespace hone::cpython {

namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::uint32_t kByte = 256;

constexpr std::array kJumps{
    FOR_ITER,
    SEND,
    JUMP_FORWARD,
    JUMP_BACKWARD,
    JUMP_BACKWARD_NO_INTERRUPT,
    JUMP_IF_FALSE_OR_POP,
    JUMP_IF_TRUE_OR_POP,
    POP_JUMP_FORWARD_IF_FALSE,
    POP_JUMP_FORWARD_IF_TRUE,
    POP_JUMP_FORWARD_IF_NONE,
    POP_JUMP_FORWARD_IF_NOT_NONE,
    POP_JUMP_BACKWARD_IF_FALSE,
    POP_JUMP_BACKWARD_IF_TRUE,
    POP_JUMP_BACKWARD_IF_NONE,
    POP_JUMP_BACKWARD_IF_NOT_NONE,
};
constexpr std::array kBackwardJumps{
    JUMP_BACKWARD,
    JUMP_BACKWARD_NO_INTERRUPT,
    POP_JUMP_BACKWARD_IF_FALSE,
    POP_JUMP_BACKWARD_IF_TRUE,
    POP_JUMP_BACKWARD_IF_NONE,
    POP_JUMP_BACKWARD_IF_NOT_NONE,
};
// What never goes on to the next instruction.
constexpr std::array kEnds{
    JUMP_FORWARD, JUMP_BACKWARD, JUMP_BACKWARD_NO_INTERRUPT, RETURN_VALUE, RAISE_VARARGS, RERAISE,
};

template <std::size_t N>
bool is_one_of(const std::array<int, N>& opcodes, int opcode) {
    return std::find(opcodes.begin(), opcodes.end(), opcode) != opcodes.end();
}

std::uint32_t prefixes_for(std::uint32_t arg) {
    std::uint32_t count = 0;
    while ((arg >>= 8) != 0) ++count;
    return count;
}

struct Probe {
    ProbeKind kind;
    std::uint32_t constant;
};

// With its EXTENDED_ARGs before and its caches behind.
struct Instruction {
    int opcode = 0;
    std::uint32_t arg = 0;
    std::uint32_t unit = 0;  // in the old code
    Location location;
    std::size_t target = kNone;     // of a jump: an instruction
    bool skips_line_probe = false;  // the jump lands behind its target's line probe

    // In the order in which they run.
    std::vector<Probe> line_probe;  // what a line needs; jumps from other lines land before it
    std::vector<Probe> before;      // all that run the instruction run these
    std::vector<Probe> after;       // what goes on to the next instruction

    // In the new code.
    std::uint32_t prefixes = 0;
    std::uint32_t start = 0, behind_line_probe = 0, at = 0, next = 0;
};

std::uint32_t size_of(const std::vector<Probe>& probes) {
    std::uint32_t units = 0;
    for (const Probe& probe : probes) units += prefixes_for(probe.constant) + 2;
    return units;
}

class Insertion {
  public:
    Insertion(PyCodeObject* code, MakeProbe make) : code_(code), make_(make) {}

    Ref<PyCodeObject> run() {
        constants_ = steal(PySequence_List(code_->co_consts));
        if (!constants_ || !decode()) return {};
        const std::size_t entry = find_entry();
        if (entry == kNone) return replace_fields(code_, {});
        if (!place_probes(entry)) return {};
        while (!lay_out()) {
        }
        return assemble(entry);
    }

  private:
    bool decode() {
        const std::string bytes = base_code(code_);
        const auto locations = read_locations(code_);
        if (!locations) return false;
        std::vector<std::size_t> index_of(bytes.size() / 2 + 1, kNone);
        std::uint32_t arg = 0, first = 0;
        for (std::uint32_t unit = 0; unit < bytes.size() / 2;) {
            const int opcode = static_cast<unsigned char>(bytes[2 * unit]);
            arg = arg << 8 | static_cast<unsigned char>(bytes[2 * unit + 1]);
            const std::uint32_t behind = unit + 1 + hone_opcode_caches[opcode];
            if (opcode != EXTENDED_ARG) {
                Instruction made;
                made.opcode = opcode;
                made.arg = arg;
                made.unit = first;
                made.location = (*locations)[unit];
                made.prefixes = prefixes_for(arg);
                if (is_one_of(kJumps, opcode)) {
                    made.target = is_one_of(kBackwardJumps, opcode) ? behind - arg : behind + arg;
                }
                index_of[first] = all_.size();
                all_.push_back(made);
                arg = 0;
                first = behind;
            }
            unit = behind;
        }
        index_of[bytes.size() / 2] = all_.size();
        for (Instruction& each : all_)
            if (each.target != kNone) each.target = index_of[each.target];
        for (const ir::Handler& old : read_exception_table(code_)) {
            handlers_.push_back(old);
            handlers_.back().start = static_cast<std::uint32_t>(index_of[old.start]);
            handlers_.back().end = static_cast<std::uint32_t>(index_of[old.end]);
            handlers_.back().target = static_cast<std::uint32_t>(index_of[old.target]);
        }
        return true;
    }

    std::size_t find_entry() const {
        const auto found = std::ranges::find_if(all_, [](const Instruction& each) {
            return each.opcode == RESUME && (each.arg & 3) == 0;
        });
        return found == all_.end() ? kNone : static_cast<std::size_t>(found - all_.begin());
    }

    bool add(std::vector<Probe>& probes, ProbeKind kind, int line) {
        const Ref<> constant = make_(kind, line, code_);
        if (!constant || PyList_Append(constants_.get(), constant.get()) < 0) return false;
        const Py_ssize_t index = PyList_GET_SIZE(constants_.get()) - 1;
        probes.push_back({kind, static_cast<std::uint32_t>(index)});
        return true;
    }

    int line_of(std::size_t index) const { return all_[index].location.line; }
    bool falls_through(std::size_t index) const { return !is_one_of(kEnds, all_[index].opcode); }

    bool place_probes(std::size_t entry) {
        std::vector<std::vector<std::size_t>> jumps_to(all_.size() + 1);
        for (std::size_t i = 0; i < all_.size(); ++i)
            if (all_[i].target != kNone) jumps_to[all_[i].target].push_back(i);
        std::vector<bool> handles(all_.size() + 1);
        for (const ir::Handler& handler : handlers_) handles[handler.target] = true;
        if (!place_entry(entry) || !place_caught()) return false;
        for (std::size_t i = entry + 1; i < all_.size(); ++i) {
            const bool is_first = i == entry + 1;
            if (line_of(i) >= 0 && !place_line(i, is_first, jumps_to[i], handles[i])) return false;
            if (!place_boundary(i)) return false;
        }
        return add(unwind_, ProbeKind::Unwind, -1);
    }

    bool place_entry(std::size_t entry) {
        std::vector<Probe>& after = all_[entry].after;
        if (!add(after, ProbeKind::Enter, -1)) return false;
        const bool has_line = entry + 1 < all_.size() && line_of(entry + 1) >= 0;
        return !has_line || add(after, ProbeKind::Hit, line_of(entry + 1));
    }

    // Handlers that are given the place of the exception: RERAISE may put it back, and a line is
    // new by comparison with that place.
    bool place_caught() {
        std::vector<bool> done(all_.size() + 1);
        for (const ir::Handler& handler : handlers_) {
            if (!handler.lasti || done[handler.target]) continue;
            done[handler.target] = true;
            if (!add(all_[handler.target].line_probe, ProbeKind::Caught, -1)) return false;
        }
        return true;
    }

    bool place_boundary(std::size_t index) {
        Instruction& each = all_[index];
        if (each.opcode == RERAISE && each.arg != 0) return add(each.before, ProbeKind::Again, -1);
        if (each.opcode == RESUME) return add(each.after, ProbeKind::Resume, each.location.line);
        if (each.opcode != RETURN_VALUE && each.opcode != YIELD_VALUE) return true;
        const bool yields = each.opcode == YIELD_VALUE;
        return add(each.before, yields ? ProbeKind::Yield : ProbeKind::Leave, -1);
    }

    // Decides for each way to the instruction whether it makes a hit, and where.
    bool place_line(std::size_t index, bool is_first, const std::vector<std::size_t>& jumps,
                    bool is_handler) {
        const int line = line_of(index);
        const bool from_above = !is_first && falls_through(index - 1);
        const bool from_own_line = is_first || (from_above && line_of(index - 1) == line);
        bool needed = is_handler || (from_above && !from_own_line);
        bool decides_itself = is_handler || from_own_line;
        std::vector<std::size_t> strays;
        for (const std::size_t jump : jumps) {
            Instruction& from = all_[jump];
            const bool again = jump > index && all_[index].opcode != SEND;
            if (from.location.line != line) {
                needed = true;
                if (from.location.line < 0) strays.push_back(jump);
            } else if (!again) {
                from.skips_line_probe = true;
            } else if (!falls_through(jump)) {
                from.skips_line_probe = true;
                if (!add(from.before, ProbeKind::Hit, line)) return false;
            } else {
                needed = decides_itself = true;
                if (!add(from.before, ProbeKind::Stray, -1)) return false;
            }
        }
        if (!needed) return true;
        for (const std::size_t jump : decides_itself ? strays : std::vector<std::size_t>{})
            if (!add(all_[jump].before, ProbeKind::Stray, -1)) return false;
        return add(all_[index].line_probe, decides_itself ? ProbeKind::OnLine : ProbeKind::Hit,
                   line);
    }

    // True when no jump needs more room than it had.
    bool lay_out() {
        std::uint32_t unit = 0;
        for (Instruction& each : all_) {
            each.start = unit;
            each.behind_line_probe = each.start + size_of(each.line_probe);
            each.at = each.behind_line_probe + size_of(each.before);
            each.next = each.at + each.prefixes + 1 + hone_opcode_caches[each.opcode];
            unit = each.next + size_of(each.after);
        }
        end_ = unit;
        bool settled = true;
        for (Instruction& each : all_) {
            if (each.target == kNone) continue;
            const Instruction& to = all_[each.target];
            const std::uint32_t landing = each.skips_line_probe ? to.behind_line_probe : to.start;
            each.arg =
                is_one_of(kBackwardJumps, each.opcode) ? each.next - landing : landing - each.next;
            const std::uint32_t needs = prefixes_for(each.arg);
            if (needs <= each.prefixes) continue;
            each.prefixes = needs;
            settled = false;
        }
        return settled;
    }

    void emit(int opcode, std::uint32_t arg, std::uint32_t prefixes, const Location& location) {
        for (std::uint32_t left = prefixes; left > 0; --left)
            emit_unit(EXTENDED_ARG, arg >> (8 * left), location);
        emit_unit(opcode, arg, location);
        for (unsigned caches = hone_opcode_caches[opcode]; caches > 0; --caches)
            emit_unit(0, 0, location);
    }
    void emit_unit(int opcode, std::uint32_t arg, const Location& location) {
        bytes_.push_back(static_cast<char>(opcode));
        bytes_.push_back(static_cast<char>(arg % kByte));
        locations_.push_back(location);
    }
    void emit(const std::vector<Probe>& probes, const Location& location) {
        for (const Probe& probe : probes) {
            emit(LOAD_CONST, probe.constant, prefixes_for(probe.constant), location);
            emit(POP_JUMP_FORWARD_IF_TRUE, 0, 0, location);
        }
    }

    // The first probes belong to the first line, not to that of `def`: a tracer would see it.
    const Location& location_after(std::size_t index, std::size_t entry) const {
        return index == entry && index + 1 < all_.size() ? all_[index + 1].location
                                                         : all_[index].location;
    }

    Ref<PyCodeObject> assemble(std::size_t entry) {
        for (std::size_t i = 0; i < all_.size(); ++i) {
            const Instruction& each = all_[i];
            emit(each.line_probe, each.location);
            emit(each.before, each.location);
            emit(each.opcode, each.arg, each.prefixes, each.location);
            emit(each.after, location_after(i, entry));
        }
        HONE_CHECK(locations_.size() == end_, "the layout is what was emitted");
        emit(unwind_, {});
        emit(RERAISE, 1, 0, {});
        const std::uint32_t body = all_[entry].next + size_of(all_[entry].after);

        Fields fields;
        fields.emplace_back("co_code", bytes_object(bytes_));
        fields.emplace_back("co_consts", steal(PyList_AsTuple(constants_.get())));
        fields.emplace_back("co_linetable",
                            bytes_object(write_locations(locations_, code_->co_firstlineno)));
        fields.emplace_back("co_exceptiontable",
                            bytes_object(write_exception_table(new_handlers(body))));
        constexpr int kProbeStack = 1, kUnwindStack = 3;
        fields.emplace_back(
            "co_stacksize",
            steal(PyLong_FromLong(std::max(code_->co_stacksize + kProbeStack, kUnwindStack))));
        return replace_fields(code_, std::move(fields));
    }

    std::uint32_t start_of(std::size_t index) const {
        return index < all_.size() ? all_[index].start : end_;
    }

    // The old ones, moved; what they leave open leads to the handler at the end.
    std::vector<ir::Handler> new_handlers(std::uint32_t body) const {
        std::vector<ir::Handler> out;
        std::uint32_t covered = body;
        const auto fill = [&](std::uint32_t until) {
            if (covered < until)
                out.push_back({.start = covered, .end = until, .target = end_, .lasti = true});
        };
        for (const ir::Handler& old : handlers_) {
            ir::Handler moved = old;
            moved.start = start_of(old.start);
            moved.end = start_of(old.end);
            moved.target = start_of(old.target);
            fill(moved.start);
            out.push_back(moved);
            covered = std::max(covered, moved.end);
        }
        fill(end_);
        return out;
    }

    PyCodeObject* code_;
    MakeProbe make_;
    Ref<> constants_;
    std::vector<Instruction> all_;
    std::vector<ir::Handler> handlers_;  // in numbers of instructions
    std::vector<Probe> unwind_;
    std::uint32_t end_ = 0;  // of the body in the new code
    std::string bytes_;
    std::vector<Location> locations_;
};

}  // namespace

Ref<PyCodeObject> insert_probes(PyCodeObject* code, MakeProbe make) {
    return Insertion(code, make).run();
}

}  // namespace hone::cpython

#endif
