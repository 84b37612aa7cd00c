// SPDX-License-Identifier: Apache-2.0
// Calls of what has to be called: straight into compiled code, or by the object's own vectorcall.
// What becomes ops instead is in builtin_calls.cpp and inlining.cpp.
#include <algorithm>
#include <optional>

#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {
namespace {

using ir::CallFlags;

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
    if (flags != CallFlags::None) write_back_variables();
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
    write_back_variables();
    const std::int64_t code = static_cast<std::int64_t>(callee.code.raw) << 32;
    const ValueId result = emit(Op::CallDirect, std::move(values), code | keywords, general);
    globals_fresh_ = false;
    push_object(result);
}

}  // namespace hone::compiler::frontend
