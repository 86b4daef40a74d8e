// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart: the processor features that a program may rely on.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/fpu/types.h>
#include <asm/processor.h>
#include "x86.h"

/**
 * DOC: processor features
 *
 * A program looks at CPUID once and then uses what it saw for ever.  So every
 * feature that the saving processor offered to user space must be offered here.
 *
 * Preserved: nothing.  Refused: a processor that lacks an instruction set or an
 * xstate component.  Reported: a processor with more xstate components (a program may
 * have sized buffers, such as signal stacks, after fewer).
 *
 * Immaterial: features of the kernel (SMEP), hints that do nothing where they are
 * unknown (ERMS, PREFETCHW), AMX (needs a permission, which a saved program does
 * not have), vendor and model (the processor is one of the exceptions that
 * physics forces).
 */

static const struct ckpt_kind ckpt_kind_x86_cpu;

#define F(name)		BIT(X86_FEATURE_##name & 31)
#define LEAF_7_1_EDX	(-1)	/* the kernel keeps no word for it */

/* The bits of each word that mean something to programs. */
static const struct isa_word {
	const char *leaf;
	int word;
	u32 user;
} isa_words[CKPT_X86_CPUID_WORDS] = {
	[CKPT_X86_CPUID_1_EDX] = { "CPUID 1 EDX", CPUID_1_EDX,
		F(FPU) | F(TSC) | F(CX8) | F(CMOV) | F(CLFLUSH) | F(MMX) |
		F(FXSR) | F(XMM) | F(XMM2) },
	[CKPT_X86_CPUID_1_ECX] = { "CPUID 1 ECX", CPUID_1_ECX,
		F(XMM3) | F(PCLMULQDQ) | F(SSSE3) | F(FMA) | F(CX16) | F(XMM4_1) |
		F(XMM4_2) | F(MOVBE) | F(POPCNT) | F(AES) | F(XSAVE) | F(AVX) |
		F(F16C) | F(RDRAND) },
	[CKPT_X86_CPUID_7_0_EBX] = { "CPUID 7.0 EBX", CPUID_7_0_EBX,
		F(FSGSBASE) | F(BMI1) | F(AVX2) | F(BMI2) | F(RTM) | F(AVX512F) |
		F(AVX512DQ) | F(RDSEED) | F(ADX) | F(AVX512IFMA) | F(CLFLUSHOPT) |
		F(CLWB) | F(AVX512PF) | F(AVX512ER) | F(AVX512CD) | F(SHA_NI) |
		F(AVX512BW) | F(AVX512VL) },
	[CKPT_X86_CPUID_7_0_ECX] = { "CPUID 7.0 ECX", CPUID_7_ECX,
		F(AVX512VBMI) | F(OSPKE) | F(WAITPKG) | F(AVX512_VBMI2) | F(GFNI) |
		F(VAES) | F(VPCLMULQDQ) | F(AVX512_VNNI) | F(AVX512_BITALG) |
		F(AVX512_VPOPCNTDQ) | F(RDPID) | F(MOVDIRI) | F(MOVDIR64B) },
	[CKPT_X86_CPUID_7_0_EDX] = { "CPUID 7.0 EDX", CPUID_7_EDX,
		F(AVX512_4VNNIW) | F(AVX512_4FMAPS) | F(AVX512_VP2INTERSECT) |
		F(SERIALIZE) | F(TSXLDTRK) | F(AVX512_FP16) },
	[CKPT_X86_CPUID_7_1_EAX] = { "CPUID 7.1 EAX", CPUID_7_1_EAX,
		BIT(0) | BIT(1) | BIT(2) /* SHA512, SM3, SM4 */ |
		F(AVX_VNNI) | F(AVX512_BF16) | F(CMPCCXADD) | F(AVX_IFMA) },
	[CKPT_X86_CPUID_7_1_EDX] = { "CPUID 7.1 EDX", LEAF_7_1_EDX,
		BIT(4) | BIT(5) | BIT(10) /* AVX-VNNI-INT8, -NE-CONVERT, -VNNI-INT16 */ |
		BIT(19) | BIT(21) /* AVX10, APX */ },
	[CKPT_X86_CPUID_D_1_EAX] = { "CPUID 13.1 EAX", CPUID_D_1_EAX,
		F(XSAVEOPT) | F(XSAVEC) | F(XGETBV1) },
	[CKPT_X86_CPUID_80000001_EDX] = { "CPUID 80000001 EDX", CPUID_8000_0001_EDX,
		F(SYSCALL) | F(MMXEXT) | F(RDTSCP) | F(LM) | F(3DNOWEXT) | F(3DNOW) },
	[CKPT_X86_CPUID_80000001_ECX] = { "CPUID 80000001 ECX", CPUID_8000_0001_ECX,
		F(LAHF_LM) | F(ABM) | F(SSE4A) | F(MISALIGNSSE) | F(XOP) | F(FMA4) |
		F(TBM) | F(MWAITX) },
	[CKPT_X86_CPUID_80000008_EBX] = { "CPUID 80000008 EBX", CPUID_8000_0008_EBX,
		F(CLZERO) | F(RDPRU) },
};

static u32 leaf_7_1_edx(void)
{
	u32 eax, ebx, ecx, edx;

	if (boot_cpu_data.cpuid_level < 7)
		return 0;
	cpuid_count(7, 0, &eax, &ebx, &ecx, &edx);
	if (eax < 1)
		return 0;
	cpuid_count(7, 1, &eax, &ebx, &ecx, &edx);
	return edx;
}

static u32 features(const struct isa_word *w)
{
	if (w->word == LEAF_7_1_EDX)
		return leaf_7_1_edx() & w->user;
	return boot_cpu_data.x86_capability[w->word] & w->user;
}

static const char *feature_name(const struct isa_word *w, unsigned int bit)
{
	const char *name = NULL;

	if (w->word != LEAF_7_1_EDX)
		name = x86_cap_flags[w->word * 32 + bit];
	return name ?: "an instruction set";
}

static int cpu_save(struct ckpt_ctx *ctx, const struct ckpt_kind *kind,
		    struct ckpt_task *t)
{
	struct ckpt_rec_x86_cpu cpu = { .xfeatures = fpu_user_cfg.default_features };
	u32 words[CKPT_X86_CPUID_WORDS];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = features(&isa_words[i]);
	return ckpt_emit(ctx, kind, 0, &cpu, words, ARRAY_SIZE(words));
}

/* A newer kernel may know more words; what is set there is unknown here. */
static int cpu_validate(struct ckpt_ctx *ctx, const struct ckpt_item *item)
{
	const struct ckpt_rec_x86_cpu *cpu = item->data;
	const u32 *words = item->array;
	u64 components = cpu->xfeatures & ~fpu_user_cfg.default_features;
	unsigned int i;

	for (i = 0; i < item->count; i++) {
		const struct isa_word *w = i < ARRAY_SIZE(isa_words) ? &isa_words[i] : NULL;
		u32 missing = words[i] & ~(w ? features(w) : 0);

		if (!missing)
			continue;
		if (!w)
			return ckpt_fail(ctx, -E2BIG,
					 "the image names processor features unknown here");
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "this processor lacks %s (%s bit %d), which the program may use",
				 feature_name(w, __ffs(missing)), w->leaf, (int)__ffs(missing));
	}
	if (components)
		return ckpt_fail(ctx, -EOPNOTSUPP,
				 "this processor lacks the xstate components %#llx",
				 components);
	return 0;
}

static int cpu_restore(struct ckpt_ctx *ctx, struct ckpt_item *item)
{
	const struct ckpt_rec_x86_cpu *cpu = item->data;
	u64 more = fpu_user_cfg.default_features & ~cpu->xfeatures;

	if (more)
		ckpt_note(ctx, "more xstate components here than where it was saved: %#llx",
			  more);
	return 0;
}

CHECKPOINT_KIND(x86_cpu) = {
	.name = "x86_cpu",
	.type = CKPT_REC_X86_CPU,
	.size = sizeof(struct ckpt_rec_x86_cpu),
	CKPT_ARRAY(struct ckpt_rec_x86_cpu, words, __u32),
	.max = 64,
	.scope = CKPT_SCOPE_IMAGE,
	.stage = CKPT_STAGE_OBJECT,
	.class = NULL,
	.save = cpu_save,
	.validate = cpu_validate,
	.restore = cpu_restore,
};
