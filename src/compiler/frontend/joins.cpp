// SPDX-License-Identifier: Apache-2.0
// Where paths join: versions of a block, when two states are the same version, how a state is
// made to fit one, and what is widened when there are too many.
#include "base/check.h"
#include "compiler/frontend/translator.h"

namespace hone::compiler::frontend {
namespace {

bool fact_matters(const Item& item) {
    if (item.fact == nullptr) return false;
    switch (item.type) {
        case TypeKind::Function:
        case TypeKind::Builtin:
        case TypeKind::Module:
        case TypeKind::Type:
        case TypeKind::None:
            return true;
        default:
            return item.fact->known != Known::None;
    }
}

void key_of(const Item& item, std::vector<std::uint64_t>& out) {
    const std::uint64_t flags =
        static_cast<std::uint64_t>(item.form) | static_cast<std::uint64_t>(item.type) << 8 |
        static_cast<std::uint64_t>(item.maybe_unbound) << 16 |
        static_cast<std::uint64_t>(item.big) << 17 | static_cast<std::uint64_t>(item.pinned) << 18 |
        static_cast<std::uint64_t>(item.object.valid()) << 19 |
        static_cast<std::uint64_t>(item.raw.valid()) << 20;
    out.push_back(flags);
    if (item.pinned) out.push_back(item.object.raw);
    if (item.fact != nullptr) out.push_back(reinterpret_cast<std::uintptr_t>(item.fact));
    out.push_back(item.parts.size());
    for (const Item& part : item.parts) key_of(part, out);
}

Item plain_object() {
    Item item;
    item.form = Form::Value;
    item.object = ValueId(0u);  // a shape: replaced by the block's parameter
    return item;
}

Item maybe_object() {
    Item item = plain_object();
    item.maybe_unbound = true;
    return item;
}

}  // namespace

Translator::Key Translator::key_of(const Context& context) {
    Key key;
    for (const FrameContext& frame : context.frames) {
        key.push_back(frame.path);
        for (const Item& item : frame.locals) frontend::key_of(item, key);
        key.push_back(frame.stack.size());
        for (const Item& item : frame.stack) frontend::key_of(item, key);
    }
    return key;
}

// A local that nothing reads again stays what it is, since a traceback may show it, but its type
// makes no versions: an object is carried as one that may be unbound. (A number stays unboxed.)
void Translator::forget_local(Item& item) {
    if (item.is_value() && item.raw.valid()) {
        item.fact = nullptr;
        return;
    }
    item = value_item(object_or_null(item), TypeKind::Unknown);
    item.maybe_unbound = true;
}

void Translator::forget_dead(Context& context) {
    for (FrameContext& frame : context.frames) {
        const auto& live = flow(*frame.unit).live[frame.pc];
        for (std::size_t i = 0; i < live.size(); ++i)
            if (!live[i] && !frame.locals[i].pinned) forget_local(frame.locals[i]);
    }
}

// Brings an item into the form in which it crosses a join.
void Translator::settle(Item& item) {
    for (Item& part : item.parts) settle(part);
    if (!item.is_value()) return;
    item.excluded = 0;
    if (fact_matters(item)) {
        item.object = {};  // the constant is named again behind the join
        return;
    }
    if (item.fact != nullptr && !item.raw.valid()) static_cast<void>(object(item));
    item.fact = nullptr;
    if (item.raw.valid() && !item.pinned) item.object = {};
}

void Translator::add_params(Item& item, BlockId block) {
    for (Item& part : item.parts) add_params(part, block);
    if (!item.is_value()) return;
    auto& params = fn_.block(block).params;
    if (item.object.valid() && !item.pinned) {
        item.object =
            fn_.add_value(item.maybe_unbound ? Rep::Null : Rep::Obj, item.type, ir::Own::New);
        params.push_back(item.object);
    }
    if (item.raw.valid()) {
        const Rep rep = item.type == TypeKind::Int     ? Rep::I64
                        : item.type == TypeKind::Float ? Rep::F64
                                                       : Rep::Bool;
        item.raw = fn_.add_value(rep, TypeKind::Unknown, ir::Own::Unboxed);
        params.push_back(item.raw);
    }
}

Translator::Version& Translator::add_version(const Place& place, const Context& shape) {
    Version version{key_of(shape), fn_.add_block(), shape};
    each_item(version.shape, [](Item& item) { item.excluded = 0; });
    for (FrameContext& frame : version.shape.frames) {
        for (Item& item : frame.locals) add_params(item, version.block);
        for (Item& item : frame.stack) add_params(item, version.block);
    }
    fn_.block(version.block).loop_header = flow(unit()).loop_header[place.second];
    go_on({version.block, version.shape});
    auto& all = versions_[place];
    all.push_back(std::move(version));
    return all.back();
}

bool Translator::convertible(const Item& from, const Item& to) const {
    if (to.pinned)
        return from.pinned && from.object == to.object && (!to.raw.valid() || from.raw.valid()) &&
               (to.type == TypeKind::Unknown || to.type == from.type);
    if (to.is_null()) return from.is_null();
    if (!to.is_value()) {
        if (from.form != to.form || from.parts.size() != to.parts.size()) return false;
        for (std::size_t i = 0; i < to.parts.size(); ++i)
            if (!convertible(from.parts[i], to.parts[i])) return false;
        return true;
    }
    if (from.is_null()) return to.maybe_unbound;
    const bool makeable = from.is_value() || from.form == Form::Tuple || from.form == Form::Slice;
    if (!makeable || (from.maybe_unbound && !to.maybe_unbound)) return false;
    if (to.fact != nullptr) return from.fact == to.fact;
    if (to.raw.valid())
        return from.is_value() && from.raw.valid() && from.type == to.type && from.big == to.big;
    if (to.type == TypeKind::Unknown) return true;
    const TypeKind made = from.form == Form::Tuple   ? TypeKind::Tuple
                          : from.form == Form::Slice ? TypeKind::Slice
                                                     : from.type;
    return made == to.type && (!from.big || to.big);
}

bool Translator::convertible(const Context& from, const Context& to) const {
    if (from.frames.size() != to.frames.size()) return false;
    for (std::size_t f = 0; f < from.frames.size(); ++f) {
        const FrameContext &a = from.frames[f], &b = to.frames[f];
        if (a.stack.size() != b.stack.size()) return false;
        for (std::size_t i = 0; i < a.locals.size(); ++i)
            if (!convertible(a.locals[i], b.locals[i])) return false;
        for (std::size_t i = 0; i < a.stack.size(); ++i)
            if (!convertible(a.stack[i], b.stack[i])) return false;
    }
    return true;
}

Item Translator::widened(const Item& a, const Item& b) {
    std::vector<std::uint64_t> ka, kb;
    frontend::key_of(a, ka);
    frontend::key_of(b, kb);
    if (ka == kb) return a;
    if (a.form == b.form && a.parts.size() == b.parts.size() && !a.is_value() && !a.is_null()) {
        Item out = a;
        for (std::size_t i = 0; i < a.parts.size(); ++i)
            out.parts[i] = widened(a.parts[i], b.parts[i]);
        return out;
    }
    if (a.pinned && b.pinned && a.object == b.object) {
        Item out = a;
        out.raw = {};
        out.fact = nullptr;
        out.type = TypeKind::Unknown;
        return out;
    }
    const bool nullable = a.is_null() || b.is_null() || a.maybe_unbound || b.maybe_unbound;
    Item out = nullable ? maybe_object() : plain_object();
    if (a.type == b.type && a.is_value() && b.is_value() && !nullable) {
        out.type = a.type;
        out.big = a.big || b.big;
    }
    return out;
}

Context Translator::widened(const Context& a, const Context& b) {
    Context out = a;
    for (std::size_t f = 0; f < a.frames.size(); ++f) {
        for (std::size_t i = 0; i < a.frames[f].locals.size(); ++i)
            out.frames[f].locals[i] = widened(a.frames[f].locals[i], b.frames[f].locals[i]);
        for (std::size_t i = 0; i < a.frames[f].stack.size(); ++i)
            out.frames[f].stack[i] = widened(a.frames[f].stack[i], b.frames[f].stack[i]);
    }
    return out;
}

Translator::Version& Translator::version_for(const Place& place, const Context& context) {
    auto& all = versions_[place];
    const Key key = key_of(context);
    for (Version& version : all)
        if (version.key == key) return version;
    if (all.size() < kMaxVersions) return add_version(place, context);
    for (Version& version : all)
        if (convertible(context, version.shape)) return version;
    Context wide = context;
    for (const Version& version : all) wide = widened(wide, version.shape);
    const Key wide_key = key_of(wide);
    for (Version& version : all)
        if (version.key == wide_key) return version;
    return add_version(place, wide);
}

// Writes what `to`'s parameters take from `from`, in the order of add_params.
void Translator::convert(Item from, const Item& to, std::vector<ValueId>& args) {
    for (std::size_t i = 0; i < to.parts.size(); ++i) convert(from.parts[i], to.parts[i], args);
    if (!to.is_value()) return;
    if (to.object.valid() && !to.pinned)
        args.push_back(to.maybe_unbound ? object_or_null(from) : object(from));
    if (to.raw.valid()) args.push_back(from.raw);
}

std::vector<ValueId> Translator::convert(Context from, const Context& to) {
    std::vector<ValueId> args;
    for (std::size_t f = 0; f < to.frames.size(); ++f) {
        for (std::size_t i = 0; i < to.frames[f].locals.size(); ++i) {
            HONE_CHECK(convertible(from.frames[f].locals[i], to.frames[f].locals[i]),
                       "a local does not fit the version");
            convert(from.frames[f].locals[i], to.frames[f].locals[i], args);
        }
        for (std::size_t i = 0; i < to.frames[f].stack.size(); ++i) {
            HONE_CHECK(convertible(from.frames[f].stack[i], to.frames[f].stack[i]),
                       "a stack item does not fit the version");
            convert(from.frames[f].stack[i], to.frames[f].stack[i], args);
        }
    }
    return args;
}

void Translator::jump_to(std::uint32_t pc) {
    top().pc = pc;
    if (!flow(unit()).join[pc]) {
        Work next{fn_.add_block(), context_};
        fn_.block(block_).edges = {{next.block, {}}};
        terminate(Op::Jump);
        go_on(std::move(next));
        return;
    }
    begin_instr();  // exits while the state is settled go on at the join
    forget_dead(context_);
    each_item(context_, [&](Item& item) {
        if (item.is_value()) settle(item);
    });
    const Place place{top().path, pc};
    Version& version = version_for(place, context_);
    if (!convertible(context_,
                     version.shape)) {  // loops over differing kinds of iterators met here
        reason("too many kinds of iterator meet here");
        leave();
        return;
    }
    const BlockId to = version.block;
    std::vector<ValueId> args = convert(context_, version.shape);
    fn_.block(block_).edges = {{to, std::move(args)}};
    terminate(Op::Jump);
}

void Translator::branch(ValueId condition, BlockId if_true, BlockId if_false, int cold_edge) {
    fn_.block(block_).edges = {{if_true, {}}, {if_false, {}}};
    put(Op::Branch, {condition}, cold_edge + 1);
    ended_ = true;
}

void Translator::branch_to(ValueId condition, std::uint32_t if_true, std::uint32_t if_false) {
    const BlockId yes = fn_.add_block(), no = fn_.add_block();
    branch(condition, yes, no);
    const Context here = context_;
    for (auto [block, pc] : {std::pair(yes, if_true), std::pair(no, if_false)}) {
        block_ = block;
        ended_ = false;
        context_ = here;
        jump_to(pc);
    }
}

}  // namespace hone::compiler::frontend
