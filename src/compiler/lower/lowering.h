// SPDX-License-Identifier: Apache-2.0
// The state of one lowering, and the vocabulary the lower<Op>() functions are written in.
// Internal to lower/: includes LLVM.
//
// Model: an IR block becomes an LLVM block; what leaves it early (exits, errors, slow paths)
// becomes cold blocks behind weighted branches, and the builder goes on in a new block.
// Block parameters are phis, filled at the end, as are the blocks of exits. All exits of a function
// end in one block that calls hone_leave; a row and the words it needs are stored on the way there.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/compiler.h"
#include "compiler/lower/rows.h"
#include "compiler/lower/shown.h"
#include "ir/function.h"
#include "ir/layout.h"
#include "runtime/table.h"

namespace hone::compiler {

// Classes of memory that never overlap (TBAA): a store to one leaves loads of the others alone.
// clang-format off: a table, one kind of thing a line
#define HONE_MEMORY_CLASSES(X)                                                            \
    X(Refcount, "refcount")                                                               \
    X(Type, "type") X(Float, "float") X(IntHead, "int head") X(IntDigit, "int digit")     \
        X(ListSize, "list size") X(ListItems, "list items") X(ListItem, "list item")      \
            X(TupleSize, "tuple size") X(TupleItem, "tuple item") X(Slot, "frame slot")   \
                X(Cell, "cell") X(Words, "words") X(Breaker, "breaker") X(Valid, "valid") \
                    X(Version, "version") X(Symbol, "symbol")                             \
                        X(FunctionCode, "function code") X(Target, "target")              \
                        X(Activation, "activation") X(Function, "function")               \
                            X(AttributesWord, "attributes word") X(Attribute, "attribute")
// clang-format on

enum class Memory : std::uint8_t {
#define HONE_X(name, text) name,
    HONE_MEMORY_CLASSES(HONE_X)
#undef HONE_X
        Count,
};

// What the death of an object may do: free its own memory, others' too, run Python code.
enum class Death : std::uint8_t { Leaf, Quiet, Loud };

enum class Odds : std::uint8_t { Even, Likely, Unlikely };

class Lowering {
  public:
    Lowering(const ir::Function& function, const ir::Layout& layout, const Options& options,
             llvm::Module& module);
    std::vector<ir::ExitRow> run();

    const ir::Function& function;
    const ir::Layout& layout;
    const Options& options;
    llvm::LLVMContext& context;
    llvm::Module& module;
    llvm::IRBuilder<> b;
    llvm::Type *i1, *i8, *i32, *i64, *f64, *ptr;
    llvm::Function* body = nullptr;
    llvm::Value* thread = nullptr;

    // Operands and results.
    llvm::Value* arg(const ir::Inst& inst, std::size_t i) { return value(inst.args[i]); }
    llvm::Value* value(ir::ValueId id);
    void set(const ir::Inst& inst, llvm::Value* v) { define(inst.result, v); }
    void define(ir::ValueId id, llvm::Value* v);
    [[nodiscard]] ir::TypeKind type_of(const ir::Inst& inst, std::size_t i) const {
        return function.value(inst.args[i]).type;
    }

    // Memory.
    llvm::Value* load(llvm::Type* type, llvm::Value* base, std::int64_t offset, Memory memory);
    void store(llvm::Value* v, llvm::Value* base, std::int64_t offset, Memory memory);
    // What Py_TYPE() says of an object.
    llvm::Value* class_of(llvm::Value* object) { return load(ptr, object, kClass, Memory::Type); }
    llvm::Value* address(llvm::Value* base, std::int64_t offset);
    llvm::Value* element(llvm::Value* base, llvm::Value* index);  // base + 8 * index
    static constexpr std::int64_t kClass = 8;  // PyObject::ob_type in builds with the GIL
    template <class Access>
    Access* tag(Access* access, Memory memory) {
        access->setMetadata(llvm::LLVMContext::MD_tbaa, tbaa_[static_cast<std::size_t>(memory)]);
        return access;
    }

    // Symbols. `object` is a load from a pointer cell of this object code: LLVM takes distinct
    // external symbols for distinct addresses, but hone_k3 and hone_none may be one object.
    llvm::Value* object(const std::string& symbol);
    llvm::Value* object(ir::ObjectId id) { return object("hone_k" + std::to_string(id.raw)); }
    llvm::Value* type_object(ir::TypeKind kind) {
        return object("hone_t_" + std::string(ir::type_name(kind)));
    }
    llvm::Constant* word(const std::string& symbol);  // address of an external variable
    llvm::Constant* zeroed(std::uint64_t bytes);      // address of a fresh cell in this code's data
    llvm::GlobalVariable* variable(const std::string& name, llvm::Type* type);
    llvm::FunctionCallee runtime(runtime::RtId id);
    llvm::FunctionCallee service(std::string_view name, llvm::Type* result,
                                 llvm::ArrayRef<llvm::Type*> args);

    // Control flow.
    llvm::BasicBlock* new_block() { return llvm::BasicBlock::Create(context, "", body); }
    void branch(llvm::Value* cond, llvm::BasicBlock* yes, llvm::BasicBlock* no, Odds yes_odds);
    void leave_if(llvm::Value* cond, const ir::Inst& inst);  // Resume exit
    void leave_unless(llvm::Value* cond, const ir::Inst& inst) {
        leave_if(b.CreateNot(cond), inst);
    }
    void leave_if_forced(const ir::Inst& inst) {
        leave_if(b.getFalse(), inst);
    }  // for ops that test on a side path
    void leave(const ir::Inst& inst);                        // ends the block
    void raise_if(llvm::Value* cond, const ir::Inst& inst);  // Raise exit
    llvm::BasicBlock* exit_block(const ir::Inst& inst, ir::ExitKind kind);

    // The frame as Python code sees it, and calls that need none (activation.cpp).
    llvm::Value* frame();                   // made if there is none
    llvm::Value* slot(std::int64_t index);  // the object in a local of the entered frame
    llvm::Value* activation();
    void forget_callee();  // the direct call is over
    void sync(const ir::Inst& inst);
    void finish(const ir::Inst& inst);
    void bury(llvm::Value* object);  // its finalizer sees the frames of this activation
    RowAndWords sync_row(const ir::Inst& inst) { return rows_.sync(inst); }
    // The direct call under way; `callee`: null where the service that found it said so.
    void record_call(const ir::Inst& inst, llvm::Value* callee);
    llvm::Value* stack_left();
    llvm::FunctionType* direct_type(std::size_t arguments);
    llvm::Value* store_words(const std::vector<ir::ValueId>& words);  // returns the buffer

    // Pieces several ops share.
    void incref(llvm::Value* object);
    // `inst`: the op whose state the frame shows if this was the last reference; null where no
    // state is known.
    void decref(llvm::Value* object, Death death, const ir::Inst* inst);
    llvm::Value* argument_array(llvm::ArrayRef<llvm::Value*> args);
    llvm::Value* out_cell();
    llvm::CallInst* call(llvm::FunctionCallee callee, llvm::ArrayRef<llvm::Value*> args) {
        return b.CreateCall(callee, args);
    }

  private:
    void make_metadata();
    void make_function();
    llvm::Function* make_body(const char* name, llvm::ArrayRef<llvm::Type*> args);
    void make_entry(llvm::Function& entry);
    llvm::Value* root();
    void tell_place(ir::PlaceId place);
    llvm::Value* slot_object(llvm::Value* of_frame, std::int64_t slot);
    llvm::Value* frame_or_null();
    llvm::Value* position(std::uint32_t unit);
    struct Change {  // a local that does not show its value
        std::uint32_t local;
        const ir::StateSlot* slot;
    };
    [[nodiscard]] std::optional<std::vector<Change>> changes(const ir::Inst& inst) const;
    void show_all(const ir::Inst& inst);
    void show_changes(const ir::Inst& inst, llvm::Value* frame, const std::vector<Change>& changes);
    llvm::Value* new_reference(const ir::StateSlot& slot, const ir::Inst& inst, llvm::Value* old);
    llvm::Value* shown_bits(const ir::StateSlot* slot, const ir::Inst& inst, llvm::Value* old);
    llvm::Value* slot_bits(llvm::Value* object);
    void close_slot(llvm::Value* bits);
    void lower_block(ir::BlockId id);
    void lower_inst(const ir::Inst& inst);
    void lower_terminator(const ir::Block& block, const ir::Inst& inst);
    llvm::BasicBlock* edge(const ir::Edge& edge);
    [[nodiscard]] std::vector<ir::BlockId> order() const;
    void connect_phis();
    llvm::Value* forced(llvm::Value* cond);
    void finish_exits();
    void call_leave();
    void store_word(ir::ValueId id, std::size_t at);
    void finish_buffers();
    llvm::AllocaInst* buffer(llvm::AllocaInst*& slot);

    struct Incoming {
        const ir::Edge* edge;
        llvm::BasicBlock* from;
    };

    RowTable rows_;
    std::vector<llvm::Value*> values_;
    std::vector<llvm::BasicBlock*> blocks_;
    std::vector<Incoming> incoming_;
    struct Exit {
        RowAndWords draft;
        llvm::BasicBlock* block;
        ir::PlaceId place;
    };
    std::vector<Exit> exits_;  // in program order
    std::map<std::pair<std::uint32_t, std::vector<ir::ValueId>>, std::size_t> exit_numbers_;
    llvm::Value* entered_ = nullptr;  // the frame, where there always is one
    llvm::Value *frame_in_ = nullptr, *parent_in_ = nullptr, *stack_limit_ = nullptr;
    std::vector<llvm::Value*> arguments_in_;  // of a code that can be called directly
    llvm::Value* activation_ = nullptr;
    ir::PlaceId told_;          // the place that was told last in this block
    bool finished_ = false;     // in this block the frame, if there was one, has been taken away
    bool shows_frame_ = false;  // some op may run Python code
    llvm::AllocaInst *words_ = nullptr, *row_ = nullptr, *arguments_ = nullptr, *out_ = nullptr;
    std::size_t words_size_ = 1, arguments_size_ = 1;
    Shown shown_;
    Shown::Locals shown_now_;            // before the op being lowered
    std::vector<const ir::Inst*> made_;  // by value
    llvm::MDNode* tbaa_[static_cast<std::size_t>(Memory::Count)] = {};
    llvm::MDNode *unlikely_ = nullptr, *likely_ = nullptr;
};

// Leaves unless giving up `old` runs no Python: it is of a quiet type, or somebody else has it
// too (as in a swap). `expected` is tried first.
void leave_unless_quiet(Lowering& l, llvm::Value* old, ir::TypeKind expected, const ir::Inst& inst);

// Puts a float over the object in `place`: into the float there if nobody else holds it.
void replace_by_float(Lowering& l, llvm::Value* place, Memory memory, llvm::Value* value,
                      const ir::Inst& inst);

// Objects of this exact type free their own memory and touch no other object when they die.
[[nodiscard]] bool is_leaf(ir::TypeKind kind);

// One function an op; a missing one is an undefined symbol named after the op.
template <ir::Op op>
void lower(Lowering& l, const ir::Inst& inst);

#define HONE_OP(name, text, operands, rep, own, effects, doc) \
    template <>                                               \
    void lower<ir::Op::name>(Lowering & l, const ir::Inst& inst);
#include "ir/ops.def"
#undef HONE_OP

}  // namespace hone::compiler
