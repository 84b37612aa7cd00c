// SPDX-License-Identifier: Apache-2.0
// Lowering, code generation and linking end to end: small functions built by hand, compiled
// at both qualities, linked against functions of this file that play the runtime, and run.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "compiler/compiler.h"
#include "compiler/emit/emit.h"
#include "ir/activation.h"
#include "ir/function.h"

namespace {

using namespace hone;
using ir::Op;
using ir::Rep;

// What the compiled function told the runtime.
struct Record {
    std::int64_t row = -1;
    std::array<std::int64_t, 8> words{};
    int leaves = 0, deaths = 0, polls = 0;
    std::int64_t boxed = 0;
    double boxed_float = 0;
} record;
char left_mark;

extern "C" void* test_leave(void*, void*, std::int64_t row, const std::int64_t* words) {
    record.row = row;
    ++record.leaves;
    std::memcpy(record.words.data(), words, sizeof(std::int64_t) * 2);
    return &left_mark;
}
extern "C" void test_dealloc(void*) {
    ++record.deaths;
}
extern "C" void* test_box_i64(std::int64_t v) {
    record.boxed = v;
    return &record.boxed;
}
extern "C" void* test_box_f64(double v) {
    record.boxed_float = v;
    return &record.boxed_float;
}

// An object as both int rules and all count rules see it.
struct Object {
    std::uint64_t count = 1;
    void* type = nullptr;
    std::uint64_t head = 0;
    std::uint32_t digits[4] = {};
};

struct Frame {
    char before[72] = {};
    void* slots[4] = {};
};

char code_record, int_type, float_type;
ir::Activation root;
std::array<Object, 300> small_ints;

std::uint64_t resolve(std::string_view name) {
    static const std::map<std::string_view, void*> symbols{
        {"hone_leave", reinterpret_cast<void*>(&test_leave)},
        {"hone_rt_dealloc", reinterpret_cast<void*>(&test_dealloc)},
        {"hone_rt_box_i64", reinterpret_cast<void*>(&test_box_i64)},
        {"hone_rt_box_f64", reinterpret_cast<void*>(&test_box_f64)},
        {"hone_code", &code_record},
        {"hone_root", &root},
        {"hone_t_int", &int_type},
        {"hone_t_float", &float_type},
        {"hone_small_int_zero", &small_ints[5]},
    };
    const auto found = symbols.find(name);
    return found == symbols.end() ? 0 : reinterpret_cast<std::uint64_t>(found->second);
}

// Builds a function of one block whose operands are unboxed from the frame's slots.
class Builder {
  public:
    Builder() {
        fn.name = "test";
        fn.add_block();
    }

    ir::ValueId op(Op op, Rep rep, std::vector<ir::ValueId> args, std::int64_t imm = 0,
                   std::uint32_t aux = 0) {
        ir::Inst inst;
        inst.op = op;
        inst.args = std::move(args);
        inst.imm = imm;
        inst.aux = aux;
        inst.state = state;
        if (rep != Rep::None)
            inst.result = fn.add_value(rep, ir::TypeKind::Unknown, ir::Own::Unboxed);
        fn.blocks[at].insts.push_back(inst);
        return inst.result;
    }
    // A raw 64-bit word in slot i, read as an object whose int or float is the operand.
    ir::ValueId object(int i) { return op(Op::LoadSlot, Rep::Obj, {}, i); }
    ir::ValueId integer(int i) { return op(Op::UnboxI64, Rep::I64, {object(i)}); }
    ir::ValueId number(int i) { return op(Op::UnboxF64, Rep::F64, {object(i)}); }

    void enter_state(std::vector<ir::StateSlot> stack, std::uint32_t resume) {
        ir::State made;
        ir::FrameState frame;
        frame.resume = resume;
        frame.stack = static_cast<std::uint32_t>(stack.size());
        frame.slots = std::move(stack);
        made.frames.push_back(frame);
        state = fn.add_state(made);
    }
    void give(ir::ValueId v) { op(Op::Return, Rep::None, {v}); }

    ir::Function fn;
    ir::StateId state;
    std::size_t at = 0;
};

struct Compiled {
    std::unique_ptr<compiler::LinkedCode> code;
    std::vector<ir::ExitRow> exits;
    std::string elf;
    void* run(Frame& frame) const {
        record = {};
        return reinterpret_cast<void* (*)(Frame*, void*)>(code->entry())(&frame, nullptr);
    }
};

Compiled compile(const ir::Function& fn, const ir::Layout& layout, compiler::Options options = {}) {
    auto made = compiler::emit(fn, layout, options);
    if (!made) throw std::runtime_error(made.error().reason);
    auto linked = compiler::link(*made, resolve);
    if (!linked) throw std::runtime_error(linked.error().reason);
    return {std::move(*linked), made->exits, std::string(made->elf.begin(), made->elf.end())};
}

ir::Layout layout_311() {
    ir::Layout layout;
    layout.small_int_stride = sizeof(Object);
    return layout;
}

ir::Layout layout_314() {
    ir::Layout layout = layout_311();
    layout.refcount = ir::RefcountRule::ImmortalFlags;
    layout.int_rule = ir::IntRule::Tag;
    return layout;
}

Object make_int(std::int64_t v, const ir::Layout& layout) {
    Object object;
    object.type = &int_type;
    std::uint64_t magnitude =
        v < 0 ? 0 - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v);
    std::uint64_t digits = 0;
    for (; magnitude != 0; magnitude >>= 30) object.digits[digits++] = magnitude & ((1u << 30) - 1);
    if (layout.int_rule == ir::IntRule::SignedSize)
        object.head = v < 0 ? 0 - digits : digits;
    else
        object.head = digits << 3 | (v < 0 ? 2 : v == 0 ? 1 : 0);
    return object;
}

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
const std::vector<std::int64_t> kEdges{kMin,
                                       kMin + 1,
                                       -(1LL << 60),
                                       -(1LL << 32),
                                       -7,
                                       -3,
                                       -2,
                                       -1,
                                       0,
                                       1,
                                       2,
                                       3,
                                       7,
                                       63,
                                       64,
                                       (1LL << 30) - 1,
                                       1LL << 30,
                                       1LL << 31,
                                       3037000500,
                                       (1LL << 60) - 1,
                                       1LL << 60,
                                       kMax - 1,
                                       kMax};

using Wide = __int128;

Wide floor_div(Wide a, Wide b) {
    return a / b - ((a % b != 0 && (a % b < 0) != (b < 0)) ? 1 : 0);
}

// The exact result, or nothing where the op must leave.
std::optional<Wide> exact(Op op, Wide a, Wide b) {
    switch (op) {
        case Op::AddI64:
            return a + b;
        case Op::SubI64:
            return a - b;
        case Op::MulI64:
            return a * b;
        case Op::FloorDivI64:
            return b == 0 ? std::optional<Wide>() : floor_div(a, b);
        case Op::ModI64:
            return b == 0 ? std::optional<Wide>() : a - b * floor_div(a, b);
        case Op::ShlI64:
            return b < 0 || b > 63 ? std::optional<Wide>() : a * (Wide{1} << static_cast<int>(b));
        case Op::ShrI64:
            return b < 0    ? std::optional<Wide>()
                   : b > 63 ? (a < 0 ? -1 : 0)
                            : a >> static_cast<int>(b);
        default:
            return {};
    }
}

class EachQuality : public testing::TestWithParam<compiler::Quality> {
  protected:
    compiler::Options options() const {
        compiler::Options made;
        made.quality = GetParam();
        return made;
    }
};
INSTANTIATE_TEST_SUITE_P(Lower, EachQuality,
                         testing::Values(compiler::Quality::Quick, compiler::Quality::Full));

TEST_P(EachQuality, IntegersAreExactOrLeave) {
    for (const ir::Layout& layout : {layout_311(), layout_314()}) {
        for (const Op op : {Op::AddI64, Op::SubI64, Op::MulI64, Op::FloorDivI64, Op::ModI64,
                            Op::ShlI64, Op::ShrI64}) {
            Builder b;
            b.enter_state({}, 1);
            const auto x = b.integer(0), y = b.integer(1);
            b.enter_state({{ir::SlotForm::Int, x, 0}, {ir::SlotForm::Int, y, 0}}, 9);
            b.give(b.op(Op::BoxI64, Rep::Obj, {b.op(op, Rep::I64, {x, y})}));
            const Compiled f = compile(b.fn, layout, options());
            for (const std::int64_t v : kEdges)
                for (const std::int64_t w : kEdges) {
                    Object left = make_int(v, layout), right = make_int(w, layout);
                    Frame frame;
                    frame.slots[0] = &left;
                    frame.slots[1] = &right;
                    void* const result = f.run(frame);
                    const auto want = exact(op, v, w);
                    if (!want || *want < kMin || *want > kMax) {
                        ASSERT_EQ(result, &left_mark)
                            << "op " << static_cast<int>(op) << ": " << v << ", " << w;
                        const ir::ExitRow& row = f.exits.at(static_cast<std::size_t>(record.row));
                        ASSERT_EQ(row.frames.at(0).resume, 9u);
                        ASSERT_EQ(record.words[row.frames[0].slots.at(0).a], v);
                        ASSERT_EQ(record.words[row.frames[0].slots.at(1).a], w);
                        continue;
                    }
                    const auto value = static_cast<std::int64_t>(*want);
                    if (result == &record.boxed)
                        ASSERT_EQ(record.boxed, value)
                            << static_cast<int>(op) << ": " << v << ", " << w;
                    else
                        ASSERT_EQ(static_cast<Object*>(result) - &small_ints[5], value)
                            << v << ", " << w;
                }
        }
    }
}

TEST_P(EachQuality, AnIntBeyond64BitsLeaves) {
    for (const ir::Layout& layout : {layout_311(), layout_314()}) {
        Builder b;
        b.enter_state({}, 1);
        b.give(b.op(Op::BoxI64, Rep::Obj, {b.integer(0)}));
        const Compiled f = compile(b.fn, layout, options());
        for (const std::uint32_t top : {8u, 9u, 1u << 29}) {
            Object big = make_int(kMax, layout);
            big.digits[2] = top;
            Frame frame;
            frame.slots[0] = &big;
            EXPECT_EQ(f.run(frame), &left_mark) << top;
        }
        Object four = make_int(kMax, layout);
        four.head += layout.int_rule == ir::IntRule::Tag ? 8 : 1;
        Frame frame;
        frame.slots[0] = &four;
        EXPECT_EQ(f.run(frame), &left_mark);
    }
}

TEST_P(EachQuality, ReferencesFollowTheRule) {
    struct Case {
        ir::RefcountRule rule;
        std::uint64_t before, up, down;
        int deaths;
    };
    const Case cases[] = {
        {ir::RefcountRule::Plain, 5, 6, 4, 0},
        {ir::RefcountRule::Plain, 1, 2, 0, 1},
        {ir::RefcountRule::ImmortalLow32, 5, 6, 4, 0},
        {ir::RefcountRule::ImmortalLow32, 1, 2, 0, 1},
        {ir::RefcountRule::ImmortalLow32, 0xffffffff, 0xffffffff, 0xffffffff, 0},
        {ir::RefcountRule::ImmortalFlags, 0x0007'0003'0000'0005, 0x0007'0003'0000'0006,
         0x0007'0003'0000'0004, 0},
        {ir::RefcountRule::ImmortalFlags, 0x0007'0000'0000'0001, 0x0007'0000'0000'0002,
         0x0007'0000'0000'0000, 1},
        {ir::RefcountRule::ImmortalFlags, 0x0001'0000'C000'0000, 0x0001'0000'C000'0000,
         0x0001'0000'C000'0000, 0},
    };
    for (const Case& c : cases) {
        ir::Layout layout = layout_311();
        layout.refcount = c.rule;
        for (const bool up : {true, false}) {
            Builder b;
            const auto o = b.object(0);
            b.op(up ? Op::IncRef : Op::DecRef, Rep::None, {o});
            b.give(o);
            const Compiled f = compile(b.fn, layout, options());
            Object object;
            object.count = c.before;
            Frame frame;
            frame.slots[0] = &object;
            EXPECT_EQ(f.run(frame), &object);
            EXPECT_EQ(object.count, up ? c.up : c.down) << "rule " << static_cast<int>(c.rule);
            EXPECT_EQ(record.deaths, up ? 0 : c.deaths);
        }
    }
}

TEST_P(EachQuality, ALoopSums) {
    Builder b;
    b.enter_state({}, 1);
    const auto n = b.integer(0), zero = b.op(Op::ConstI64, Rep::I64, {}, 0),
               one = b.op(Op::ConstI64, Rep::I64, {}, 1);
    const ir::BlockId head = b.fn.add_block(), body = b.fn.add_block(), done = b.fn.add_block();
    const auto i = b.fn.add_value(Rep::I64, {}, {}), sum = b.fn.add_value(Rep::I64, {}, {});
    b.op(Op::Jump, Rep::None, {});
    b.fn.blocks[0].edges = {{head, {zero, zero}}};
    b.at = 1;
    b.fn.block(head).params = {i, sum};
    b.op(Op::Branch, Rep::None,
         {b.op(Op::CmpI64, Rep::Bool, {i, n}, 0, static_cast<std::uint32_t>(ir::CmpOp::Lt))});
    b.fn.block(head).edges = {{body, {}}, {done, {}}};
    b.at = 2;
    const auto more = b.op(Op::AddI64, Rep::I64, {sum, i}),
               next = b.op(Op::AddI64Fits, Rep::I64, {i, one});
    b.op(Op::Jump, Rep::None, {});
    b.fn.block(body).edges = {{head, {next, more}}};
    b.at = 3;
    b.give(b.op(Op::BoxI64, Rep::Obj, {sum}));
    const ir::Layout layout = layout_314();
    const Compiled f = compile(b.fn, layout, options());
    Object count = make_int(100000, layout);
    Frame frame;
    frame.slots[0] = &count;
    EXPECT_EQ(f.run(frame), &record.boxed);
    EXPECT_EQ(record.boxed, 4999950000);
}

TEST_P(EachQuality, ProductAndSumRoundTwice) {
    Builder b;
    const auto x = b.number(0), y = b.number(1), z = b.number(2);
    b.give(b.op(Op::BoxF64, Rep::Obj,
                {b.op(Op::AddF64, Rep::F64, {b.op(Op::MulF64, Rep::F64, {x, y}), z})}));
    const Compiled f = compile(b.fn, layout_314(), options());
    volatile double v = 1 + 0x1p-30, w = 1 - 0x1p-30, product = v * w, addend = -1;
    Frame frame;
    std::array<Object, 3> objects{};
    const double values[] = {v, w, addend};
    for (int i = 0; i < 3; ++i) {
        objects[i].head = std::bit_cast<std::uint64_t>(values[i]);
        frame.slots[i] = &objects[i];
    }
    f.run(frame);
    EXPECT_EQ(record.boxed_float, product + addend);
    EXPECT_NE(record.boxed_float, std::fma(v, w, addend));
}

TEST_P(EachQuality, ForcedExitsLeaveAtTheFirstGuard) {
    Builder b;
    const auto o = b.object(0);
    b.enter_state({{ir::SlotForm::Object, o, 0}}, 4);
    const auto yes = b.op(Op::ConstBool, Rep::Bool, {}, 1);
    b.op(Op::Guard, Rep::None, {yes}, 0, static_cast<std::uint32_t>(ir::Assumption::Length));
    b.give(o);
    Object object;
    Frame frame;
    frame.slots[0] = &object;
    EXPECT_EQ(compile(b.fn, layout_314(), options()).run(frame), &object);
    compiler::Options forced = options();
    forced.exits = compiler::ForcedExits::Always;
    const Compiled f = compile(b.fn, layout_314(), forced);
    EXPECT_EQ(f.run(frame), &left_mark);
    const ir::ExitRow& row = f.exits.at(static_cast<std::size_t>(record.row));
    EXPECT_EQ(row.kind, ir::ExitKind::Resume);
    EXPECT_EQ(row.guard, static_cast<std::uint32_t>(ir::Assumption::Length));
    EXPECT_EQ(record.words[0],
              static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(&object)));
}

TEST(Lower, AnUnknownSymbolIsAFailure) {
    Builder b;
    b.give(b.op(Op::ConstObj, Rep::Obj, {}, 0, 7));
    const auto made = compiler::emit(b.fn, layout_314(), {});
    ASSERT_TRUE(made);
    const auto linked = compiler::link(*made, [](std::string_view) { return std::uint64_t{0}; });
    ASSERT_FALSE(linked);
    EXPECT_NE(linked.error().reason.find("hone_k7"), std::string::npos) << linked.error().reason;
}

}  // namespace
