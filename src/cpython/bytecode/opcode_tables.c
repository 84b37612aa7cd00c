/* SPDX-License-Identifier: Apache-2.0
 * See opcode_tables.h. The tables are taken under names of our own: some CPythons export
 * theirs, some hide them. */
#define Py_BUILD_CORE 1
#define NEED_OPCODE_TABLES
#define NEED_OPCODE_METADATA
#include <Python.h>

#define _PyOpcode_Caches hone_private_caches
#define _PyOpcode_Deopt hone_private_deopt
#define _PyOpcode_Jump hone_private_jump
#define _PyOpcode_OpName hone_private_names
#define _PyOpcode_opcode_metadata hone_private_metadata
#define _PyOpcode_macro_expansion hone_private_expansion
#define _PyOpcode_PseudoTargets hone_private_targets
#define _PyUop_Uncached hone_private_uncached
#define _PyUop_Replication hone_private_replication
#define _PyOpcode_uop_name hone_private_uops
#if PY_VERSION_HEX >= 0x030d0000
#include <internal/pycore_opcode_metadata.h>
#else
#include <internal/pycore_opcode.h>
#endif

#include "cpython/bytecode/opcode_tables.h"

const uint8_t* const hone_opcode_caches = _PyOpcode_Caches;
const uint8_t* const hone_opcode_deopt = _PyOpcode_Deopt;
