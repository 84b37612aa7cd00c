// SPDX-License-Identifier: Apache-2.0
// Calls: builtins that the compiler knows, Python functions whose bytecode is walked in place
// (inlining), and everything else through the object's own vectorcall.
#include <algorithm>
#include <optional>

#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {
namespace {

constexpr std::size_t kMostCompared = 8;  // arguments of min() and max() that are compared in place

using ir::CallFlags;

constexpr auto kDomain = static_cast<std::uint32_t>(Assumption::Domain);
constexpr auto kOverflow = static_cast<std::uint32_t>(Assumption::Overflow);

// May run Python code as an object operation, whatever its operands turn out to be.
bool object_operation(ir::Bc op) {
    switch (op) {
        case ir::Bc::StoreGlobal:
        case ir::Bc::StoreDeref:
        case ir::Bc::MakeFunction:
        case ir::Bc::CallKw:
        case ir::Bc::CallFunctionEx:
        case ir::Bc::ContainsOp:
        case ir::Bc::DeleteSubscr:
        case ir::Bc::StoreSlice:
        case ir::Bc::BuildSet:
        case ir::Bc::BuildMap:
        case ir::Bc::BuildConstKeyMap:
        case ir::Bc::MapAdd:
        case ir::Bc::SetAdd:
        case ir::Bc::FormatValue:
        case ir::Bc::LoadDeref:
            return true;
        default:
            return false;
    }
}

// Into what compiled code a call may turn out to lead.
CallFlags direct_way(const Item& callable) {
    if (callable.fact == nullptr)
        return callable.type == TypeKind::Unknown || callable.type == TypeKind::Function
                   ? CallFlags::Function
                   : CallFlags::None;
    if (callable.fact->type == TypeKind::Function) return CallFlags::Function;
    return callable.fact->plain_class ? CallFlags::Class : CallFlags::None;
}

// The exact type that calling it makes.
TypeKind made_by(const ObjectFact* callable) {
    switch (callable != nullptr ? callable->known : Known::None) {
        case Known::List:
            return TypeKind::List;
        case Known::Float:
            return TypeKind::Float;
        case Known::Int:
        case Known::Len:
        case Known::Ord:
            return TypeKind::Int;
        case Known::Chr:
            return TypeKind::Str;
        case Known::Complex:
            return TypeKind::Complex;
        case Known::Bool:
        case Known::Isinstance:
            return TypeKind::Bool;
        default:
            return TypeKind::Unknown;
    }
}

}  // namespace

void Translator::call(const ir::Instr& in) {
    const auto n = static_cast<std::size_t>(in.arg);
    std::vector<Item> args(n);
    for (std::size_t i = n; i-- > 0;) args[i] = pop();
    Item second = pop(), first = pop();
    if (layout().null_before_callable && first.maybe_unbound)
        return call_slots(first, second, args, nullptr);
    Item callable, self;
    if (layout().null_before_callable && first.is_null())
        callable = std::move(second);
    else
        callable = std::move(first), self = std::move(second);
    if (callable.form == Form::Bound) {
        self = callable.parts[0];
        callable = fact_item(*callable.fact);
    }
    const Known known = callable.fact != nullptr ? callable.fact->known : Known::None;
    if (known != Known::None) {
        if (call_iterator_maker(callable, args)) return;
        if (call_builtin(known, self, args)) return;
        if (ended_) return;
    }
    if (inline_call(callable, self, args)) return;
    call_object(std::move(callable), std::move(self), std::move(args), nullptr);
}

void Translator::call_keywords(const ir::Instr& in) {
    Item names;
    if (layout().minor >= 13)
        names = pop();
    else
        names = fact_item(unit().consts[static_cast<std::size_t>(in.extra)]);
    std::vector<Item> args(static_cast<std::size_t>(in.arg));
    for (std::size_t i = args.size(); i-- > 0;) args[i] = pop();
    Item second = pop(), first = pop();
    if (layout().null_before_callable && first.maybe_unbound && names.fact != nullptr)
        return call_slots(first, second, args, names.fact);
    Item callable, self;
    if (layout().null_before_callable && first.is_null())
        callable = std::move(second);
    else
        callable = std::move(first), self = std::move(second);
    if (names.fact == nullptr) return leave();
    call_object(std::move(callable), std::move(self), std::move(args), names.fact);
}

// A call whose slots were filled at run time (names.cpp, load_method).
void Translator::call_slots(Item& first, Item& second, std::vector<Item>& args,
                            const ObjectFact* names) {
    if (!may_run_python()) return leave();
    std::vector<ValueId> values = {object(second), object_or_null(first)};
    for (Item& arg : args) values.push_back(object(arg));
    CallFlags flags = CallFlags::Slots;
    if (names == nullptr) flags = flags | CallFlags::Function;
    push_object(emit_call(std::move(values), names, flags));
}

ValueId Translator::emit_call(std::vector<ValueId> values, const ObjectFact* names,
                              CallFlags flags) {
    const std::int64_t keywords =
        names != nullptr ? 1 + static_cast<std::int64_t>(names->id.raw) : 0;
    globals_fresh_ = false;
    return emit(Op::Call, std::move(values), keywords, static_cast<std::uint32_t>(flags));
}

void Translator::call_object(Item callable, Item self, std::vector<Item> args,
                             const ObjectFact* names) {
    if (!may_run_python()) return leave();
    std::vector<ValueId> values = {object(callable), object_or_null(self)};
    for (Item& arg : args) values.push_back(object(arg));
    const TypeKind type = made_by(callable.fact);
    if (auto bound = bind_arguments(callable, self, args, names)) {
        const bool defaults = bound->size() > args.size() + (self.is_null() ? 0 : 1);
        return call_direct(*callable.fact, std::move(values), std::move(*bound), names, defaults);
    }
    const CallFlags way = names == nullptr ? direct_way(callable) : CallFlags::None;
    const ValueId result = emit_call(std::move(values), names, way);
    fn_.value(result).type = type;
    push_object(result, type);
    peek().big = type == TypeKind::Int;
}

// The arguments of a call by parameter, as the interpreter would bind them; none where that is not
// known at compile time, or fails.
std::optional<std::vector<Item>> Translator::bind_arguments(const Item& callable, const Item& self,
                                                            const std::vector<Item>& args,
                                                            const ObjectFact* names) {
    if (callable.fact == nullptr || callable.fact->callee == nullptr) return std::nullopt;
    const ir::Callee& callee = *callable.fact->callee;
    std::vector<Item> given;
    if (!self.is_null()) given.push_back(self);
    given.insert(given.end(), args.begin(), args.end());
    const std::size_t named = names != nullptr ? names->items.size() : 0;
    const std::size_t positional = given.size() - named;
    if (self.maybe_unbound || positional > callee.argcount) return std::nullopt;

    std::vector<Item> bound(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(positional));
    bound.resize(callee.argcount + callee.kwonly);
    for (std::size_t i = 0; i < named; ++i) {
        const auto at = std::ranges::find(callee.names, names->items[i].id) - callee.names.begin();
        const auto parameter = static_cast<std::size_t>(at);
        if (parameter >= bound.size() || parameter < callee.posonly || !bound[parameter].is_null())
            return std::nullopt;
        bound[parameter] = given[positional + i];
    }
    const auto& defaults = callable.fact->defaults;
    for (std::size_t i = 0; i < bound.size(); ++i) {
        if (!bound[i].is_null()) continue;
        const std::size_t first = callee.argcount - std::min(defaults.size(), bound.size());
        if (i < first || i >= callee.argcount) return std::nullopt;
        bound[i] = fact_item(defaults[i - first]);
    }
    return bound;
}

// The operands are those of the general call, then what its direct way needs: the tuple of
// defaults, if some parameters are taken from there, and the callee's arguments.
void Translator::call_direct(const ObjectFact& function, std::vector<ValueId> values,
                             std::vector<Item> bound, const ObjectFact* names, bool defaults) {
    const std::int64_t keywords =
        names != nullptr ? 1 + static_cast<std::int64_t>(names->id.raw) : 0;
    const ir::Callee& callee = *function.callee;
    const auto general = static_cast<std::uint32_t>(values.size());
    values.push_back(defaults ? const_object(callee.defaults, TypeKind::Tuple)
                              : emit(Op::ConstNull));
    for (Item& item : bound) values.push_back(object(item));
    const std::int64_t code = static_cast<std::int64_t>(callee.code.raw) << 32;
    const ValueId result = emit(Op::CallDirect, std::move(values), code | keywords, general);
    globals_fresh_ = false;
    push_object(result);
}

// range, enumerate, zip, reversed whose result is iterated at once.
bool Translator::call_iterator_maker(const Item& callable, std::vector<Item>& args) {
    const Known known = callable.fact->known;
    if (!feeds_iteration() && !(known == Known::Range && feeds_list())) return false;
    Item made;
    if (known == Known::Range) {
        if (args.empty() || args.size() > 3 || broken(Assumption::Overflow)) return false;
        for (Item& arg : args)
            if (kind_of(arg) != Kind::Int &&
                !guard_type(arg, TypeKind::Int, Assumption::OperandType))
                return false;
        std::vector<Item> bounds;
        for (Item& arg : args) bounds.push_back(raw_item(as_i64(arg)));
        made.form = Form::Range;
        if (bounds.size() == 1) bounds.insert(bounds.begin(), raw_item(i64(0)));
        if (bounds.size() == 2) bounds.push_back(raw_item(i64(1)));
        // Checked here: range() raises on step 0, and here the exit is before the call.
        guard(emit(Op::CmpI64, {bounds[2].raw, i64(0)}, 0, static_cast<std::uint32_t>(CmpOp::Ne)),
              Assumption::Domain);
        made.parts = std::move(bounds);
        push(std::move(made));
        return true;
    }
    if (known == Known::Enumerate || known == Known::Zip)
        for (Item& arg : args)
            if (split_on_sequence(arg)) return true;
    if (known == Known::Enumerate && args.size() == 1) {
        auto inner = args[0].is_value() || args[0].form == Form::Tuple
                         ? iterate(args[0], Seen::Nothing)
                         : std::nullopt;
        if (!inner) return false;
        made.form = Form::Enumerate;
        made.parts = {raw_item(i64(0)), std::move(*inner)};
        push(std::move(made));
        return true;
    }
    if (known == Known::Zip && !args.empty()) {
        made.form = Form::Zip;
        for (Item& arg : args) {
            auto inner = arg.is_value() || arg.form == Form::Tuple ? iterate(arg, Seen::Nothing)
                                                                   : std::nullopt;
            if (!inner) return false;
            made.parts.push_back(std::move(*inner));
        }
        push(std::move(made));
        return true;
    }
    if (known == Known::Reversed && args.size() == 1 && args[0].type == TypeKind::List) {
        const ValueId list = object(args[0]);
        made.form = Form::Reversed;
        made.parts = {value_item(list, TypeKind::List),
                      raw_item(emit(Op::SubI64Fits, {emit(Op::ListLen, {list}), i64(1)}))};
        push(std::move(made));
        return true;
    }
    return false;
}

bool Translator::call_builtin(Known known, Item& self, std::vector<Item>& args) {
    if (known == Known::ListAppend && args.size() == 1 && self.type == TypeKind::List) {
        const ValueId list = object(self), v = object(args[0]);
        rt(RtId::list_append, {list, v});
        push_object(emit(Op::ConstNone), TypeKind::None);
        return true;
    }
    if (self.type == TypeKind::List && !args.empty() && kind_of(args[0]) == Kind::Int &&
        !args[0].big && call_list_method(known, self, args))
        return true;
    if (!self.is_null()) return false;
    switch (known) {
        case Known::Len:
            return args.size() == 1 && call_length(args[0]);
        case Known::Min:
        case Known::Max:
            return call_minmax(known == Known::Max, args);
        case Known::Abs:
        case Known::Int:
        case Known::Float:
        case Known::Bool:
        case Known::Round:
        case Known::Divmod:
            return call_conversion(known, args);
        case Known::Complex:
            return call_complex(args);
        case Known::List:
            return call_list_maker(args);
        default:
            return call_math(known, args);
    }
}

// Methods of an exact list whose first argument is an int.
bool Translator::call_list_method(Known known, Item& self, std::vector<Item>& args) {
    if (broken(Assumption::Overflow)) return false;
    if (known == Known::ListPop && args.size() == 1) {
        const ValueId list = object(self);
        return push_object(rt(RtId::list_pop, {list, as_i64(args[0])})), true;
    }
    if (known != Known::ListInsert || args.size() != 2) return false;
    const ValueId list = object(self), at = as_i64(args[0]), v = object(args[1]);
    rt(RtId::list_insert, {list, at, v});
    return push_object(emit(Op::ConstNone), TypeKind::None), true;
}

bool Translator::call_length(Item& arg) {
    if (arg.form == Form::Tuple)
        return push_raw(i64(static_cast<std::int64_t>(arg.parts.size()))), true;
    if (!arg.is_value() || arg.maybe_unbound) return false;
    switch (arg.type) {
        case TypeKind::List:
            return push_raw(emit(Op::ListLen, {object(arg)})), true;
        case TypeKind::Tuple:
            return push_raw(emit(Op::TupleLen, {object(arg)})), true;
        case TypeKind::Str:
        case TypeKind::Bytes:
        case TypeKind::Dict:
        case TypeKind::Set:
            return push_raw(rt(RtId::length_plain, {object(arg)})), true;
        default:
            if (!may_run_python()) return false;
            return push_raw(rt(RtId::length, {object(arg)})), true;
    }
}

// max(a, b) keeps a unless b > a; so NaN and equal operands give the first one.
// The first of the smallest, as min() finds it: a later one only where it is less.
bool Translator::call_minmax(bool max, std::vector<Item>& args) {
    if (args.size() < 2 || args.size() > kMostCompared) return false;
    for (std::size_t i = 1; i < args.size(); ++i)
        if (!settle_numbers(args[0], args[i], Seen::Nothing)) return false;
    const bool floats = args[0].type == TypeKind::Float;
    for (const Item& item : args)
        if (item.type != args[0].type || item.big || item.type == TypeKind::Bool) return false;
    if (!floats && broken(Assumption::Overflow)) return false;
    const auto aux = static_cast<std::uint32_t>(max ? CmpOp::Gt : CmpOp::Lt);
    const auto number = [&](Item& item) { return floats ? as_f64(item) : as_i64(item); };
    ValueId best = number(args[0]);
    for (std::size_t i = 1; i < args.size(); ++i) {
        const ValueId next = number(args[i]);
        const ValueId better = emit(floats ? Op::CmpF64 : Op::CmpI64, {next, best}, 0, aux);
        best = emit(floats ? Op::SelectF64 : Op::SelectI64, {better, next, best});
    }
    push_raw(best);
    return true;
}

bool Translator::call_conversion(Known known, std::vector<Item>& args) {
    if (args.empty()) return false;
    if (known == Known::Abs && args.size() == 1 && is_complex(args[0]))
        return complex_magnitude(args[0]);
    const Kind kind = kind_of(args[0]);
    const bool narrow =
        !args[0].big && !broken(Assumption::Overflow) && !broken(Assumption::Domain);
    if ((kind != Kind::Int && kind != Kind::Float && kind != Kind::Bool) || !narrow) return false;
    if (known == Known::Divmod) {
        if (args.size() != 2 || kind != Kind::Int || kind_of(args[1]) != Kind::Int || args[1].big)
            return false;
        const ValueId x = as_i64(args[0]), y = as_i64(args[1]);
        Item pair;
        pair.form = Form::Tuple;
        pair.parts = {raw_item(emit(Op::FloorDivI64, {x, y}, 0, kOverflow)),
                      raw_item(emit(Op::ModI64, {x, y}, 0, kOverflow))};
        push(std::move(pair));
        return true;
    }
    if (args.size() != 1) return false;
    const bool is_float = kind == Kind::Float;
    switch (known) {
        case Known::Float:
            return push_raw(as_f64(args[0])), true;
        case Known::Int:
            return push_raw(is_float ? emit(Op::F64ToI64, {as_f64(args[0])}, 0, kOverflow)
                                     : as_i64(args[0])),
                   true;
        case Known::Abs: {
            if (is_float) return push_raw(emit(Op::AbsF64, {as_f64(args[0])})), true;
            const ValueId x = as_i64(args[0]);
            const ValueId negative = emit(Op::NegI64, {x}, 0, kOverflow);
            return push_raw(emit(Op::MaxI64, {x, negative})), true;
        }
        case Known::Round:
            if (!is_float) return false;
            return push_raw(emit(Op::F64ToI64, {rt(RtId::round_half_even, {as_f64(args[0])})}, 0,
                                 kOverflow)),
                   true;
        default: {
            const auto value = truth(args[0], Seen::Nothing);
            if (value) push_raw(*value);
            return true;
        }
    }
}

// list(range(...)) is made by CPython; list(l) of an exact list is a copy.
bool Translator::call_list_maker(std::vector<Item>& args) {
    if (args.size() != 1) return false;
    if (args[0].form == Form::Range) {
        const auto& bounds = args[0].parts;
        push_object(rt(RtId::list_from_range, {bounds[0].raw, bounds[1].raw, bounds[2].raw},
                       TypeKind::List),
                    TypeKind::List);
        return true;
    }
    if (args[0].type != TypeKind::List) return false;
    const ValueId list = object(args[0]);
    push_object(
        rt(RtId::list_pick, {list, i64(0), i64(1), emit(Op::ListLen, {list})}, TypeKind::List),
        TypeKind::List);
    return true;
}

namespace {

std::optional<RtId> math_function(Known known) {
    switch (known) {
        case Known::MathSin:
            return RtId::math_sin;
        case Known::MathCos:
            return RtId::math_cos;
        case Known::MathTan:
            return RtId::math_tan;
        case Known::MathAtan:
            return RtId::math_atan;
        case Known::MathExp:
            return RtId::math_exp;
        case Known::MathAtan2:
            return RtId::math_atan2;
        case Known::MathPow:
            return RtId::math_pow;
        case Known::MathLog:
            return RtId::math_log;
        default:
            return std::nullopt;
    }
}

}  // namespace

// A result that is not finite may be an error in Python: the interpreter decides.
bool Translator::call_math(Known known, std::vector<Item>& args) {
    if (args.empty() || args.size() > 2 || broken(Assumption::Domain)) return false;
    for (const Item& arg : args) {
        const Kind kind = kind_of(arg);
        if ((kind != Kind::Float && kind != Kind::Int) || arg.big) return false;
    }
    if (known == Known::MathFabs && args.size() == 1)
        return push_raw(emit(Op::AbsF64, {as_f64(args[0])})), true;
    if (known == Known::MathSqrt && args.size() == 1)
        return push_raw(emit(Op::SqrtF64, {as_f64(args[0])}, 0, kDomain)), true;
    const auto id = math_function(known);
    if (!id || runtime::rt_row(*id).nargs != args.size() ||
        ir::has(runtime::rt_row(*id).effects, ir::Effects::Raises))
        return false;
    std::vector<ValueId> values;
    for (Item& arg : args) values.push_back(as_f64(arg));
    if (known == Known::MathLog)
        guard(emit(Op::CmpF64, {values[0], f64(0.0)}, 0, static_cast<std::uint32_t>(CmpOp::Gt)),
              Assumption::Domain);
    const ValueId result = rt(*id, std::move(values));
    guard(emit(Op::IsFinite, {result}), Assumption::Domain);
    push_raw(result);
    return true;
}

// What a function to be inlined calls has to be native or inlined as well: its frame is no frame
// that Python code could see.
bool Translator::callable_inline(const ObjectFact& callable, std::size_t depth) const {
    if (callable.known != Known::None || callable.type == TypeKind::Module) return true;
    return callable.function != nullptr && inlinable(callable, nullptr, std::nullopt, depth);
}

// `receiver`: the class of the first argument, where it is known; `nargs`: where they are counted.
bool Translator::inlinable(const ObjectFact& fact, const ir::ClassFact* receiver,
                           std::optional<std::size_t> nargs, std::size_t depth) const {
    const ir::Unit* callee = fact.function.get();
    if (callee == nullptr || depth > kMaxInlineDepth) return false;
    if (callee->generator || callee->varargs || callee->varkeywords || callee->kwonly > 0 ||
        callee->reads_frame)
        return false;
    if ((nargs && callee->argcount != *nargs) || callee->nlocals != callee->nlocalsplus)
        return false;
    // An exit out of it would have no slot through which 3.11 can hand the frame over
    // (cpython/run_frame.cpp).
    if (callee->layout.minor == 11 && callee->nlocalsplus == 0) return false;
    if (callee->instrs.size() > kMaxInlineInstrs || !callee->handlers.empty()) return false;
    for (const FrameContext& frame : context_.frames)
        if (frame.unit == callee) return false;
    for (std::size_t i = 0; i < callee->instrs.size(); ++i) {
        const ir::Instr& in = callee->instrs[i];
        if (object_operation(in.op)) return false;
        const bool attribute =
            in.op == ir::Bc::LoadAttr || in.op == ir::Bc::LoadMethod || in.op == ir::Bc::StoreAttr;
        if (attribute && !native_attribute(*callee, i, receiver, depth)) return false;
        if (in.op == ir::Bc::LoadGlobalNull) {
            const ir::GlobalFact& global = callee->globals[static_cast<std::size_t>(in.arg)];
            if (!global.found || !callable_inline(global.value, depth + 1)) return false;
        }
    }
    return true;
}

// The callee's bytecode is walked on a frame of the abstract state; its frame is made at exits
// only.
bool Translator::inline_call(const Item& callable, const Item& self, std::vector<Item>& args) {
    const bool bound = !self.is_null();
    if (callable.fact == nullptr || (bound && (!self.is_value() || self.maybe_unbound)) ||
        broken(Assumption::Identity))
        return false;
    const Item* const first = bound ? &self : args.empty() ? nullptr : &args[0];
    const ir::ClassFact* const receiver = first != nullptr ? first->cls : nullptr;
    if (!inlinable(*callable.fact, receiver, args.size() + (bound ? 1 : 0), context_.frames.size()))
        return false;
    // Versions multiply what is inlined: well before the limit of ops, calls stay calls.
    inlined_instrs_ += callable.fact->function->instrs.size();
    if (inlined_instrs_ > kMaxInlinedInstrs || fn_.values.size() * 3 > request_.options.max_ops)
        return false;
    if (bound) args.insert(args.begin(), self);
    const ir::Unit* callee = callable.fact->function.get();
    // The name stands for this function, but its code may have been replaced.
    const ValueId function = const_object(callable.fact->id, TypeKind::Function);
    const ValueId code = const_object(callable.fact->code, TypeKind::Unknown);
    guard(emit(Op::CodeIs, {function, code}), Assumption::Identity);
    emit(Op::GuardTools);  // what ran before may have switched one on, and it sees calls
    FrameContext frame;
    frame.unit = callee;
    frame.function = callable.fact->id;
    frame.path = path_of(top().path, top().pc, callee);
    frame.pc = first_instr(*callee);
    frame.locals.resize(callee->nlocalsplus);
    for (std::size_t i = 0; i < args.size(); ++i) {
        if (!args[i].is_value() && args[i].form != Form::Complex && args[i].form != Form::Tuple)
            static_cast<void>(object(args[i]));
        args[i].pinned = false;
        frame.locals[i] = std::move(args[i]);
    }
    context_.frames.push_back(std::move(frame));
    jump_to(top().pc);
    return true;
}

void Translator::return_value() {
    Item result = pop();
    if (context_.frames.size() > 1) return return_inlined(std::move(result));
    if (request_.loop) return leave();  // entered in mid-frame: only the interpreter can end it
    const ValueId value = object(result);
    const ValueId finished = emit(Op::Finish, {value});
    fn_.value(finished).type = fn_.value(value).type;
    terminate(Op::Return, {finished});
}

void Translator::return_inlined(Item result) {
    if (!result.is_value() && result.form != Form::Complex && result.form != Form::Tuple)
        static_cast<void>(object(result));
    context_.frames.pop_back();
    result.pinned = false;
    push(std::move(result));
    jump_to(top().pc + 1);
}

}  // namespace hone::compiler::frontend
