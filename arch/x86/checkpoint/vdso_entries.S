/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart: what is laid over the entries of another kernel's vdso.
 * User code, never run from here.  The C calling convention and that of system
 * calls agree in the first three arguments; no entry has more that count.
 */
#include <linux/linkage.h>
#include <asm/errno.h>
#include <asm/unistd_64.h>

	.section .rodata, "a"

.macro CALL_ENTRY name:req nr:req
SYM_DATA_START(ckpt_vdso_\name)
	endbr64
	mov $\nr, %eax
	syscall
	ret
SYM_DATA_END_LABEL(ckpt_vdso_\name, SYM_L_GLOBAL, ckpt_vdso_\name\()_end)
.endm

CALL_ENTRY clock_gettime __NR_clock_gettime
CALL_ENTRY clock_getres __NR_clock_getres
CALL_ENTRY gettimeofday __NR_gettimeofday
CALL_ENTRY time __NR_time
CALL_ENTRY getcpu __NR_getcpu

/*
 * vgetrandom(buffer, len, flags, state, state_len): with a state_len of -1 it
 * would say how to allocate states, of which there are none here; any other
 * call goes to the kernel and leaves the caller's state alone.
 */
SYM_DATA_START(ckpt_vdso_getrandom)
	endbr64
	cmp $-1, %r8
	je 1f
	mov $__NR_getrandom, %eax
	syscall
	ret
1:	mov $-ENOSYS, %rax
	ret
SYM_DATA_END_LABEL(ckpt_vdso_getrandom, SYM_L_GLOBAL, ckpt_vdso_getrandom_end)

/* No enclave is carried over: its pages are a device's. */
SYM_DATA_START(ckpt_vdso_sgx_enter_enclave)
	endbr64
	mov $-ENOSYS, %rax
	ret
SYM_DATA_END_LABEL(ckpt_vdso_sgx_enter_enclave, SYM_L_GLOBAL, ckpt_vdso_sgx_enter_enclave_end)
