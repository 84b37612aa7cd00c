/* SPDX-License-Identifier: Apache-2.0
 * CPython's own tables of cache units and of the general form of specialised opcodes. C,
 * because their initialisers are not C++. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
extern const uint8_t* const hone_opcode_caches; /* [256]: cache units behind the instruction */
extern const uint8_t* const hone_opcode_deopt;  /* [256]: 0 where there is no such opcode */
#ifdef __cplusplus
}
#endif
