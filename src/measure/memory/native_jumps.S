// SPDX-License-Identifier: Apache-2.0
// dlopen() and dlsym() look at where they are called from, to know whose search path holds and what
// comes next. So these end with a jump to them: the caller remains the caller.
        .text
        .hidden hone_memory_dlopen, hone_memory_dlsym
        .hidden hone_memory_expect_objects, hone_memory_symbol
        .hidden hone_memory_real_dlopen, hone_memory_real_dlsym

// void* hone_memory_dlopen(const char* file, int mode)
        .globl  hone_memory_dlopen
        .type   hone_memory_dlopen, @function
hone_memory_dlopen:
        .cfi_startproc
        push    %rdi
        .cfi_adjust_cfa_offset 8
        push    %rsi
        .cfi_adjust_cfa_offset 8
        sub     $8, %rsp
        .cfi_adjust_cfa_offset 8
        call    hone_memory_expect_objects
        add     $8, %rsp
        .cfi_adjust_cfa_offset -8
        pop     %rsi
        .cfi_adjust_cfa_offset -8
        pop     %rdi
        .cfi_adjust_cfa_offset -8
        jmp     *hone_memory_real_dlopen(%rip)
        .cfi_endproc
        .size   hone_memory_dlopen, .-hone_memory_dlopen

// void* hone_memory_dlsym(void* handle, const char* name)
        .globl  hone_memory_dlsym
        .type   hone_memory_dlsym, @function
hone_memory_dlsym:
        .cfi_startproc
        push    %rdi
        .cfi_adjust_cfa_offset 8
        push    %rsi
        .cfi_adjust_cfa_offset 8
        sub     $8, %rsp
        .cfi_adjust_cfa_offset 8
        call    hone_memory_symbol
        add     $8, %rsp
        .cfi_adjust_cfa_offset -8
        pop     %rsi
        .cfi_adjust_cfa_offset -8
        pop     %rdi
        .cfi_adjust_cfa_offset -8
        test    %rax, %rax
        jnz     1f
        jmp     *hone_memory_real_dlsym(%rip)
1:      ret
        .cfi_endproc
        .size   hone_memory_dlsym, .-hone_memory_dlsym

        .section .note.GNU-stack, "", @progbits
