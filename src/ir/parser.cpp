// SPDX-License-Identifier: Apache-2.0
// A recursive-descent parser over a token stream in which line ends hardly matter. Errors are
// sticky: the first one wins and every later step does nothing.
#include "ir/parser.h"

#include <bit>
#include <charconv>
#include <limits>

#include "ir/text.h"

namespace hone::ir {

namespace {

using text::AuxKind;
using text::SlotOperand;

constexpr std::uint32_t kMaxId = 1u << 20;  // a wrong number must not become a huge vector
constexpr int kMaxDepth = 32;               // of compound slots
constexpr std::size_t kMaxSlots = 1u << 16;

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '+';
}

class Parser {
  public:
    Parser(std::string_view input, CallRows rows) : input_(input), rows_(rows) {}

    Result<Function> run() {
        keyword("function");
        name();
        if (accept("direct=")) function_.direct_arguments = number<std::int32_t>(word());
        expect("{");
        while (good() && peek_letter('b')) block();
        while (good() && peek_letter('s')) state();
        expect("}");
        skip_space();
        if (good() && at_ != input_.size()) error("text after the function");
        if (!good()) return fail("line " + std::to_string(error_line_) + ": " + error_);
        return std::move(function_);
    }

  private:
    [[nodiscard]] bool good() const { return error_.empty(); }

    void error(std::string what) {
        if (!good()) return;
        error_ = std::move(what);
        error_line_ = 1;
        for (std::size_t i = 0; i < at_ && i < input_.size(); ++i) error_line_ += input_[i] == '\n';
    }

    // --- characters and words

    void skip_space() {
        while (at_ < input_.size()) {
            const char c = input_[at_];
            if (c == ';')
                while (at_ < input_.size() && input_[at_] != '\n') ++at_;
            else if (c == ' ' || c == '\n' || c == '\t' || c == '\r')
                ++at_;
            else
                break;
        }
    }

    [[nodiscard]] bool peek(std::string_view what) {
        skip_space();
        return input_.substr(at_).starts_with(what);
    }
    bool accept(std::string_view what) {
        if (!good() || !peek(what)) return false;
        at_ += what.size();
        return true;
    }
    void expect(std::string_view what) {
        if (good() && !accept(what)) error("expected '" + std::string(what) + "'");
    }

    [[nodiscard]] std::string_view peek_word() {
        skip_space();
        std::size_t end = at_;
        while (end < input_.size() && is_word(input_[end])) ++end;
        return input_.substr(at_, end - at_);
    }
    std::string_view word() {
        const std::string_view found = peek_word();
        if (found.empty()) error("expected a word");
        if (good()) at_ += found.size();
        return good() ? found : std::string_view();
    }
    void keyword(std::string_view what) {
        if (good() && word() != what) error("expected '" + std::string(what) + "'");
    }
    bool accept_word(std::string_view what) {
        if (!good() || peek_word() != what) return false;
        at_ += what.size();
        return true;
    }

    // A label such as b12 or s3 comes next.
    [[nodiscard]] bool peek_letter(char letter) {
        const std::string_view found = peek_word();
        return found.size() > 1 && found[0] == letter && found[1] >= '0' && found[1] <= '9';
    }

    template <class T>
    T number(std::string_view digits) {
        T value{};
        const auto [end, status] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (status != std::errc() || end != digits.data() + digits.size() || digits.empty())
            error("'" + std::string(digits) + "' is not a number in range");
        return good() ? value : T{};
    }

    std::uint32_t label(char letter) {
        const std::string_view found = word();
        if (found.size() < 2 || found[0] != letter) {
            error(std::string("expected ") + letter + "N");
            return 0;
        }
        const auto id = number<std::uint32_t>(found.substr(1));
        if (id >= kMaxId) error("id too large");
        return good() ? id : 0;
    }

    void name() {
        expect("\"");
        const std::size_t end = input_.find('"', at_);
        if (end == std::string_view::npos) error("name without end");
        if (!good()) return;
        function_.name = input_.substr(at_, end - at_);
        at_ = end + 1;
    }

    // --- values

    ValueId value() {
        expect("%");
        if (!good()) return {};
        const auto id = number<std::uint32_t>(word());
        if (id >= kMaxId) error("id too large");
        if (!good()) return {};
        if (id >= function_.values.size()) function_.values.resize(id + 1);
        return ValueId(id);
    }

    struct Definition {
        ValueId id;
        std::optional<Rep> rep;
        TypeKind type = TypeKind::Unknown;
        std::optional<Own> own;
    };

    Definition definition() {
        Definition made{value(), {}, TypeKind::Unknown, {}};
        if (accept(":")) made.rep = enumerator<Rep>(text::kReps, "representation");
        if (accept("/")) made.type = enumerator<TypeKind>(text::kTypes, "type");
        if (accept("!")) made.own = enumerator<Own>(text::kOwns, "ownership");
        return made;
    }

    void define(const Definition& made, Rep rep, Own own) {
        if (!good() || !made.id) return;
        function_.value(made.id) = {made.rep.value_or(rep), made.type, made.own.value_or(own)};
    }

    template <class Enum, std::size_t N>
    Enum enumerator(const std::array<std::string_view, N>& words, std::string_view kind) {
        const std::string_view found = word();
        const auto index = text::index_of(words, found);
        if (!index) error("'" + std::string(found) + "' is no " + std::string(kind));
        return static_cast<Enum>(index.value_or(0));
    }

    std::vector<ValueId> values_until_paren() {
        std::vector<ValueId> ids;
        if (accept(")")) return ids;
        do ids.push_back(value());
        while (accept(","));
        expect(")");
        return ids;
    }

    // --- blocks

    void block() {
        const std::uint32_t id = label('b');
        if (id != function_.blocks.size()) return error("blocks must be numbered in order");
        Block made;
        if (accept("(")) {
            do {
                const Definition param = definition();
                const Rep rep = param.rep.value_or(Rep::Obj);
                define(param, rep, is_object(rep) ? Own::New : Own::Unboxed);
                made.params.push_back(param.id);
            } while (accept(","));
            expect(")");
        }
        made.loop_header = accept_word("loop");
        made.cold = accept_word("cold");
        expect(":");
        while (good() && !peek("}") && !peek_letter('b') && !peek_letter('s'))
            made.insts.push_back(instruction(made));
        function_.blocks.push_back(std::move(made));
    }

    Inst instruction(Block& block) {
        Inst inst;
        std::optional<Definition> first, second;
        if (peek("%") || peek("_")) {
            if (!accept("_")) first = definition();
            if (accept(",")) second = definition();
            expect("=");
        }
        inst.op = op();
        if (operand_follows()) do
                inst.args.push_back(value());
            while (accept(","));
        if (accept("imm=")) inst.imm = immediate(inst.op);
        if (accept("aux=")) inst.aux = auxiliary(inst.op);
        if (accept("@")) inst.state = StateId(label('s'));
        if (accept("line=")) inst.line = number<std::uint32_t>(word());
        if (accept("release(")) inst.release = values_until_paren();
        if (accept("->")) edges(block);
        if (!good()) return inst;
        const CallRow* call = call_row(inst, rows_);
        if (first) {
            define(*first, call != nullptr ? call->result : info(inst.op).rep, own_of(inst, rows_));
            inst.result = first->id;
        }
        if (second) {
            define(*second, Rep::Null, Own::New);
            inst.result2 = second->id;
        }
        return inst;
    }

    // Lines matter here only: the next instruction may begin with a value, too.
    [[nodiscard]] bool operand_follows() const {
        std::size_t at = at_;
        while (at < input_.size() && input_[at] == ' ') ++at;
        return at < input_.size() && input_[at] == '%';
    }

    Op op() {
        static constexpr std::string_view kOps[] = {
#define HONE_OP(name, text, operands, rep, own, effects, doc) text,
#include "ir/ops.def"
#undef HONE_OP
        };
        const std::string_view found = word();
        for (std::size_t i = 0; i < std::size(kOps); ++i)
            if (kOps[i] == found) return static_cast<Op>(i);
        error("no op '" + std::string(found) + "'");
        return Op::Jump;
    }

    std::int64_t immediate(Op op) {
        const std::string_view found = word();
        if (op == Op::ConstF64 && found.find_first_of(".en") != std::string_view::npos)
            return std::bit_cast<std::int64_t>(number<double>(found));
        return number<std::int64_t>(found);
    }

    std::uint32_t auxiliary(Op op) {
        const std::string_view found = peek_word();
        if (!found.empty() && found[0] >= '0' && found[0] <= '9')
            return number<std::uint32_t>(word());
        switch (text::aux_kind(op)) {
            case AuxKind::Assumption:
                return enumerator<std::uint32_t>(text::kAssumptions, "assumption");
            case AuxKind::Type:
                return enumerator<std::uint32_t>(text::kTypes, "type");
            case AuxKind::Cmp:
                return enumerator<std::uint32_t>(text::kCmps, "comparison");
            case AuxKind::Runtime:
                return runtime_id();
            case AuxKind::Number:
                break;
        }
        return number<std::uint32_t>(word());
    }

    std::uint32_t runtime_id() {
        const std::string_view found = word();
        for (std::size_t i = 0; i < rows_.size(); ++i)
            if (rows_[i].name == found) return static_cast<std::uint32_t>(i);
        error("no runtime function '" + std::string(found) + "'");
        return 0;
    }

    void edges(Block& block) {
        do {
            Edge edge;
            edge.to = BlockId(label('b'));
            if (accept("(")) edge.args = values_until_paren();
            block.edges.push_back(std::move(edge));
        } while (accept(","));
    }

    // --- states

    void state() {
        if (label('s') != function_.states.size()) return error("states must be numbered in order");
        expect(":");
        State made;
        while (accept_word("frame")) made.frames.push_back(frame());
        function_.states.push_back(std::move(made));
    }

    FrameState frame() {
        FrameState made;
        if (accept("fn=")) made.function = ObjectId(number<std::uint32_t>(word()));
        expect("@");
        made.resume = number<std::uint32_t>(word());
        expect("[");
        if (!peek("|") && !peek("]")) made.locals = slots(made.slots);
        if (accept("|")) made.stack = slots(made.slots);
        expect("]");
        return made;
    }

    std::uint32_t slots(std::vector<StateSlot>& out) {
        std::uint32_t count = 0;
        do {
            slot(out, 0);
            ++count;
        } while (accept(","));
        return count;
    }

    void slot(std::vector<StateSlot>& out, int depth) {
        if (depth > kMaxDepth || out.size() >= kMaxSlots)
            return error("slots nested too deep or too many");
        StateSlot made;
        if (peek("%")) {
            made.form = SlotForm::Object;
            made.value = value();
            out.push_back(made);
            return;
        }
        const std::string_view found = word();
        std::size_t form = 0;
        while (form < text::kSlots.size() &&
               (text::kSlots[form].word.empty() || text::kSlots[form].word != found))
            ++form;
        if (form == text::kSlots.size()) return error("no slot form '" + std::string(found) + "'");
        made.form = static_cast<SlotForm>(form);
        const text::SlotWord& row = text::kSlots[form];
        if (row.operand == SlotOperand::Value) made.value = value();
        if (row.operand == SlotOperand::Number) made.count = number<std::uint32_t>(word());
        const std::size_t place = out.size();
        out.push_back(made);
        if (row.parts != 0) out[place].count = parts(out, depth, row);
    }

    // The parts in brackets; what the slot's count is: their number where it varies.
    std::uint32_t parts(std::vector<StateSlot>& out, int depth, const text::SlotWord& row) {
        std::uint32_t count = 0;
        expect("(");
        if (!accept(")")) {
            do {
                slot(out, depth + 1);
                ++count;
            } while (accept(","));
            expect(")");
        }
        if (row.parts == text::kCounted) return count;
        if (good() && count != row.parts)
            error("'" + std::string(row.word) + "' has another number of parts");
        return 0;
    }

    std::string_view input_;
    CallRows rows_;
    std::size_t at_ = 0;
    std::string error_;
    std::size_t error_line_ = 0;
    Function function_;
};

}  // namespace

Result<Function> parse(std::string_view text, CallRows rows) {
    return Parser(text, rows).run();
}

}  // namespace hone::ir
