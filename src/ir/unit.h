// SPDX-License-Identifier: Apache-2.0
// The unit: a code object, what was observed of it, and what its names stand for, as
// plain data. Copied under the GIL by cpython/ and engine/; everything after (front end,
// passes, LLVM) works on the unit without it, on any thread. No Python.h here.
//
// Objects appear as ObjectId: an index into the request's object table, which the engine
// keeps alive; generated code names them by symbol, never by address.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ir/layout.h"
#include "ir/types.h"

namespace hone::ir {

using ObjectId = Id<struct ObjectTag>;

enum class Bc : std::uint8_t {
#define HONE_BC(name, arg) name,
#include "ir/bytecode.def"
#undef HONE_BC
};

enum class BinOp : std::uint8_t {
    Add,
    And,
    FloorDiv,
    LShift,
    MatMul,
    Mul,
    Mod,
    Or,
    Pow,
    RShift,
    Sub,
    TrueDiv,
    Xor,
};
inline constexpr std::int32_t kInplace = 0x100;  // flag in BinaryOp's arg

enum class CmpOp : std::uint8_t { Lt, Le, Eq, Ne, Gt, Ge };

// What the interpreter's specialised opcode at an instruction says of its operands.
enum class Seen : std::uint8_t {
    Nothing,
    Int,
    Float,
    Str,  // both operands (arithmetic, comparison)
    ListInt,
    TupleInt,
    Dict,  // subscript, store
    List,
    Tuple,
    TwoTuple,
    Range,
    Generator,  // iteration, unpacking, containment
    Bool,
    None_,
    AlwaysTrue,  // truth
    PyCall,
    BuiltinCall,
    TypeCall,
    MethodCall,
    Instance,     // attribute: Instr::type_version is that of the owner's class
    ClassObject,  // attribute: the owner is the class of that version
    Attribute,    // attribute: another specialised form
    Mixed,        // specialisation failed here: more than one type
};

struct Instr {
    Bc op = Bc::Nop;
    Seen seen = Seen::Nothing;
    std::int32_t arg = 0;    // jumps: index of the target in Unit::instrs
    std::int32_t extra = 0;  // see bytecode.def
    std::uint32_t offset =
        0;  // code unit in the *original* code object, where the interpreter would resume
    std::uint32_t type_version = 0;  // seen Instance, ClassObject
};

// A row of the exception table, in code units of the original code.
struct Handler {
    std::uint32_t start = 0, end = 0, target = 0;
    std::uint32_t depth = 0;
    bool lasti = false;
};

struct Unit;
struct ClassTable;  // ir/classes.h

// Builtins that the compiler knows; the text is module.name.
// clang-format off: a table, one kind of thing a line
#define HONE_KNOWN_CALLABLES(X)                                                                    \
    X(None, "")                                                                                    \
    X(Len, "builtins.len") X(Abs, "builtins.abs") X(Max, "builtins.max") X(Min, "builtins.min")    \
    X(Sum, "builtins.sum") X(Divmod, "builtins.divmod") X(Pow, "builtins.pow")                     \
    X(Round, "builtins.round") X(Isinstance, "builtins.isinstance") X(Ord, "builtins.ord")         \
    X(Chr, "builtins.chr") X(Iter, "builtins.iter")                                                \
    X(ListAppend, "list.append") X(ListPop, "list.pop") X(ListInsert, "list.insert")               \
    X(Int, "builtins.int") X(Float, "builtins.float") X(Bool, "builtins.bool")                     \
    X(Complex, "builtins.complex") X(List, "builtins.list") X(Tuple, "builtins.tuple")             \
    X(Range, "builtins.range") X(Enumerate, "builtins.enumerate") X(Zip, "builtins.zip")           \
    X(Reversed, "builtins.reversed")                                                               \
    X(MathSqrt, "math.sqrt") X(MathSin, "math.sin") X(MathCos, "math.cos") X(MathTan, "math.tan")  \
    X(MathAtan, "math.atan") X(MathAtan2, "math.atan2") X(MathExp, "math.exp")                     \
    X(MathLog, "math.log") X(MathPow, "math.pow") X(MathFabs, "math.fabs")                         \
    X(MathFloor, "math.floor") X(MathCeil, "math.ceil") X(MathHypot, "math.hypot")
// clang-format on

enum class Known : std::uint8_t {
#define HONE_X(name, text) name,
    HONE_KNOWN_CALLABLES(HONE_X)
#undef HONE_X
};

// A Python function over the same globals, whose code is prepared, of fixed parameters and without
// cells: compiled code may call its compiled code.
struct Callee {
    ObjectId code, defaults;  // the code object; the tuple of positional defaults, or none
    std::uint32_t argcount = 0, posonly = 0, kwonly = 0;
    std::vector<ObjectId> names;  // of the parameters, as interned str objects
};

// What is known of one live object (a constant, a global, a default, a module attribute).
struct ObjectFact {
    ObjectId id;
    TypeKind type = TypeKind::Unknown;
    std::int64_t int_value = 0;  // Int that fits, Bool
    bool int_fits = false;
    double float_value = 0;         // Float; Complex: the real part
    double imaginary_value = 0;     // Complex
    std::vector<ObjectFact> items;  // Tuple: its items; Slice: start, stop, step
    Known known = Known::None;
    std::shared_ptr<const Unit> function;  // Function: its code, if it may be inlined
    ObjectId code;                         // Function: its code object
    std::shared_ptr<const Callee> callee;  // Function: what a direct call has to know
    std::vector<ObjectFact> defaults;      // Function: positional defaults
    std::vector<std::pair<std::string, ObjectFact>> attributes;  // Module: the names used on it
    bool plain_class = false;  // Type: makes instances by object.__new__ and a Python __init__
    std::uint32_t attributes_guard = 0;  // Module: index into Unit::guarded_dicts (see there)
};

// A name looked up in globals, then builtins, when the unit was made.
struct GlobalFact {
    bool found = false;
    ObjectFact value;
};

// A method descriptor of a builtin type, for one of the names that the code calls.
struct MethodFact {
    TypeKind type = TypeKind::Unknown;
    std::uint32_t name = 0;  // index in names
    ObjectFact method;       // the descriptor, e.g. list.append
};

struct Unit {
    std::string name, qualname, filename;
    std::int32_t first_line = 0;
    std::uint32_t argcount = 0, posonly = 0, kwonly = 0;
    bool varargs = false, varkeywords = false, generator = false, nested_free = false;
    bool reads_frame = false;   // names locals, vars, dir, eval, exec, _getframe: never compiled
    std::uint32_t nlocals = 0;  // arguments and variables
    std::uint32_t nlocalsplus = 0;  // with cells and free variables
    std::uint32_t stacksize = 0;
    std::uint32_t body_offset =
        0;  // code units of prologue before the original code, in the installed code
    std::vector<std::string> local_names;  // nlocalsplus
    std::vector<bool> local_is_cell;       // nlocalsplus
    std::vector<std::string> names;
    std::vector<ObjectFact> consts;
    std::vector<GlobalFact> globals;     // by index in names
    std::vector<ObjectId> name_objects;  // the str objects, by index in names
    std::vector<MethodFact> methods;
    std::shared_ptr<const ClassTable> classes;  // of the whole request; null: nothing known
    std::vector<Instr> instrs;
    std::vector<Handler> handlers;
    std::vector<TypeKind> argument_types;  // sampled at entry, by local index; Unknown if mixed
    std::vector<std::uint32_t>
        argument_classes;             // sampled: versions of classes; 0 = mixed, builtin
    std::vector<std::int32_t> lines;  // per instr
    // The line profiler watches it: compiled code has a frame of its own and tells of its lines.
    bool lines_watched = false;
    std::vector<bool> line_starts;  // per instr (3.12+): coming there from another line is a hit
    std::string unsupported_name(std::size_t instr) const;  // of Unsupported
    std::vector<std::pair<std::uint32_t, std::string>>
        unsupported;  // instr index, CPython's opcode name
    Layout layout;

    [[nodiscard]] std::uint32_t arguments() const {
        return argcount + kwonly + (varargs ? 1u : 0u) + (varkeywords ? 1u : 0u);
    }
};

}  // namespace hone::ir
