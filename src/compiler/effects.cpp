// SPDX-License-Identifier: Apache-2.0
#include "compiler/effects.h"

#include <array>

#include "ir/printer.h"
#include "runtime/table.h"

namespace hone::compiler {

namespace {

using runtime::RtArg;
using runtime::RtRet;

constexpr ir::Rep rep_of(RtRet ret) {
    switch (ret) {
        case RtRet::Obj:
            return ir::Rep::Obj;
        case RtRet::I64:
            return ir::Rep::I64;
        case RtRet::F64:
            return ir::Rep::F64;
        case RtRet::None:
            break;
    }
    return ir::Rep::None;
}

// Object arguments may be NULL in some rows ("spec or NULL"), which the table does not tell apart.
constexpr char letter_of(RtArg arg) {
    switch (arg) {
        case RtArg::Obj:
            return 'n';
        case RtArg::I64:
            return 'i';
        case RtArg::F64:
            return 'f';
        case RtArg::Cache:
        case RtArg::Frame:
            return 'p';
        default:
            return '\0';
    }
}

constexpr ir::CallRow call_row(const runtime::RtRow& row) {
    ir::CallRow made{row.name(), row.own, row.effects, rep_of(row.ret), false, false, {}};
    std::size_t letters = 0;
    for (std::size_t i = 0; i < row.nargs; ++i) {
        if (row.args[i] == RtArg::ObjOut)
            made.out = true;
        else if (row.args[i] == RtArg::ObjArray)
            made.array = true;
        else
            made.letters[letters++] = letter_of(row.args[i]);
    }
    return made;
}

constexpr auto kRows = [] {
    std::array<ir::CallRow, runtime::kRtRows.size()> rows{};
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = call_row(runtime::kRtRows[i]);
    return rows;
}();

}  // namespace

ir::CallRows call_rows() {
    return kRows;
}

std::string print(const ir::Function& function) {
    return ir::print(function, call_rows());
}

}  // namespace hone::compiler
