// SPDX-License-Identifier: Apache-2.0
// Where paths join: versions of a block, when two states are the same version, how a state is
// made to fit one, and what is widened when there are too many.
#include <algorithm>

#include "base/check.h"
#include "compiler/frontend/translator.h"
#include "ir/cfg.h"

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
        static_cast<std::uint64_t>(item.raw.valid()) << 20 |
        static_cast<std::uint64_t>(item.bound.valid()) << 21;
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
    if (item.is_null()) return;
    if (item.form == Form::Complex || (item.is_value() && item.raw.valid())) {
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
    if (item.form == Form::ListSlice) static_cast<void>(object(item));
    if (item.form == Form::Complex) {
        item.object = {};
        return;
    }
    for (Item& part : item.parts) settle(part);
    if (!item.is_value()) return;
    item.excluded = 0;
    item.cls_tested = item.cls_tested && item.pinned;  // another path may bring another class
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
    if (item.bound.valid()) {
        item.bound = fn_.add_value(Rep::Bool, TypeKind::Unknown, ir::Own::Unboxed);
        params.push_back(item.bound);
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
    Version version{key_of(shape), fn_.add_block(), shape, {}};
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
        if (from.form != to.form || from.parts.size() != to.parts.size() || from.fact != to.fact)
            return false;
        for (std::size_t i = 0; i < to.parts.size(); ++i)
            if (!convertible(from.parts[i], to.parts[i])) return false;
        return true;
    }
    if (to.bound.valid())
        return from.is_null() ||
               (from.is_value() && from.raw.valid() && from.type == to.type && from.big == to.big);
    if (from.is_null()) return to.maybe_unbound;
    const bool makeable = from.is_value() || from.form == Form::Tuple || from.form == Form::Slice ||
                          from.form == Form::Complex || from.form == Form::Bound;
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

// What both slots are where nothing that makes code better is lost: an unbound slot and a number or
// an object, a constant and another of its type. None if they are better told apart.
std::optional<Item> Translator::merged(const Item& a, const Item& b) {
    std::vector<std::uint64_t> ka, kb;
    frontend::key_of(a, ka);
    frontend::key_of(b, kb);
    if (ka == kb) return a;
    if (a.pinned || b.pinned) {  // a copy of an argument meets another number
        const Item& other = a.pinned ? b : a;
        const bool numbers = a.is_value() && a.raw.valid() && b.is_value() && b.raw.valid();
        return numbers && !other.pinned && a.type == b.type && a.big == b.big &&
                       !other.bound.valid()
                   ? std::optional(other)
                   : std::nullopt;
    }
    if (a.is_null() || b.is_null()) {
        Item out = a.is_null() ? b : a;
        if (!out.is_value()) return std::nullopt;
        out.maybe_unbound = true;
        if (out.fact != nullptr) return std::nullopt;
        if (out.raw.valid()) out.bound = out.bound.valid() ? out.bound : ValueId(0u);
        return out;
    }
    if (!a.is_value() || !b.is_value() || a.type != b.type || a.fact != b.fact ||
        a.raw.valid() != b.raw.valid() || a.object.valid() != b.object.valid())
        return std::nullopt;
    Item out = a.maybe_unbound ? a : b;
    out.big = a.big || b.big;
    return a.raw.valid() && a.big != b.big ? std::nullopt : std::optional(out);
}

std::optional<Context> Translator::merged(const Context& a, const Context& b) {
    if (a.frames.size() != b.frames.size()) return std::nullopt;
    Context out = a;
    const auto merge_all = [](std::vector<Item>& to, const std::vector<Item>& with) {
        if (to.size() != with.size()) return false;
        for (std::size_t i = 0; i < to.size(); ++i) {
            auto item = merged(to[i], with[i]);
            if (!item) return false;
            to[i] = std::move(*item);
        }
        return true;
    };
    for (std::size_t f = 0; f < a.frames.size(); ++f)
        if (!merge_all(out.frames[f].locals, b.frames[f].locals) ||
            !merge_all(out.frames[f].stack, b.frames[f].stack))
            return std::nullopt;
    return out;
}

// A wider version takes over what jumped to a narrower one, whose code nobody reaches any more.
void Translator::take_over(Version& wide, Version narrow) {
    paths_gone_ = true;
    const auto here = std::tuple(block_, context_, before_, state_, ended_);
    for (Arrival& arrival : narrow.arrivals) {
        block_ = arrival.from;
        fn_.block(block_).insts.pop_back();
        ended_ = false;
        context_ = before_ = arrival.context;
        state_.reset();
        arrive(wide);
    }
    std::tie(block_, context_, before_, state_, ended_) = here;
}

// Ends the block with a jump to the version.
void Translator::arrive(Version& version) {
    version.arrivals.push_back({{}, context_});
    std::vector<ValueId> args = convert(context_, version.shape);
    version.arrivals.back().from = block_;
    fn_.block(block_).edges = {{version.block, std::move(args)}};
    terminate(Op::Jump);
}

std::vector<bool> Translator::reached_blocks() const {
    std::vector<bool> reached(fn_.blocks.size());
    for (const BlockId block : ir::reverse_postorder(fn_)) reached[block.index()] = true;
    return reached;
}

// Versions that only abandoned code jumped to do not count.
void Translator::forget_unreached(std::vector<Version>& versions) {
    const auto reached = reached_blocks();
    std::erase_if(versions,
                  [&](const Version& version) { return !reached[version.block.index()]; });
    paths_gone_ = true;
}

// What only abandoned code leads to waits: the same version may be reached from elsewhere yet.
void Translator::sort_work() {
    const auto reached = reached_blocks();
    std::ranges::move(parked_, std::back_inserter(work_));
    parked_.clear();
    const auto waiting = std::stable_partition(
        work_.begin(), work_.end(), [&](const Work& work) { return reached[work.block.index()]; });
    std::move(waiting, work_.end(), std::back_inserter(parked_));
    work_.erase(waiting, work_.end());
    paths_gone_ = false;
}

Translator::Version& Translator::version_for(const Place& place, const Context& context) {
    auto& all = versions_[place];
    const Key key = key_of(context);
    for (Version& version : all)
        if (version.key == key) return version;
    for (std::size_t v = 0; v < all.size(); ++v) {
        const auto both = merged(context, all[v].shape);
        if (!both) continue;
        const Key wide = key_of(*both);
        if (wide == all[v].key) return all[v];
        Version narrow = std::move(all[v]);
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(v));
        const auto known = std::ranges::find(all, wide, &Version::key);
        Version& made = known != all.end() ? *known : add_version(place, *both);
        take_over(made, std::move(narrow));
        return *std::ranges::find(all, wide, &Version::key);
    }
    if (all.size() >= kMaxVersions) forget_unreached(all);
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
    if (to.bound.valid())
        args.push_back(from.bound.valid() ? from.bound : boolean(!from.is_null()));
    if (!to.raw.valid()) return;
    args.push_back(from.is_null() ? zero_of(fn_.value(to.raw).rep) : from.raw);
}

ValueId Translator::zero_of(Rep rep) {
    return rep == Rep::I64 ? i64(0) : rep == Rep::F64 ? f64(0.0) : boolean(false);
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
    come_to(top().pc, pc);
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
    for (FrameContext& frame : context_.frames) {
        for (Item& item : frame.locals) settle(item);
        for (Item& item : frame.stack) settle(item);
    }
    const Place place{top().path, pc};
    Version& version = version_for(place, context_);
    if (!convertible(context_,
                     version.shape)) {  // loops over differing kinds of iterators met here
        reason("too many kinds of iterator meet here");
        leave();
        return;
    }
    arrive(version);
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
