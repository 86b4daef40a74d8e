# SPDX-License-Identifier: GPL-2.0-only
#
# The selftests as a target of the kernel's own:
#
#	make kselftest TARGETS=checkpoint
#	make kselftest-install TARGETS=checkpoint INSTALL_PATH=DIRECTORY
#
# Without those that need more than the kernel: the one that steps through ckpt(1), and
# the 32-bit twins.
TEST_GEN_PROGS := $(filter-out ckpt_kill_test,$(patsubst %.c,%,$(wildcard *_test.c)))

include ../lib.mk

CFLAGS	+= -std=gnu11 -O2 -g -Wall -pthread -I. -I$(OUTPUT)/include -isystem ..
LDFLAGS	+= -static

helpers	:= $(addprefix $(OUTPUT)/,subject.o story.o look.o behind.o image.o)
inspect	:= $(patsubst %.c,$(OUTPUT)/%.o,$(filter-out inspect_test.c,$(wildcard inspect_*.c)))
header	:= $(OUTPUT)/include/linux/checkpoint_hdr.h
table	:= $(OUTPUT)/gen/abi-table.h

EXTRA_CLEAN := $(helpers) $(inspect) $(OUTPUT)/include $(OUTPUT)/gen

$(TEST_GEN_PROGS): $(helpers) | $(header)
$(helpers) $(inspect): | $(header)
$(OUTPUT)/inspect_test: $(inspect)

$(OUTPUT)/%.o: %.c
	$(call msg,CC,,$@)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# AVX is used by one file alone, which asks the processor first.
$(OUTPUT)/regs_test: private CFLAGS += -mavx

# The one that knows every field
$(OUTPUT)/forged_reserved_test: | $(table)
$(OUTPUT)/forged_reserved_test: private CFLAGS += -I$(OUTPUT)/gen

$(header):
	$(Q)mkdir -p $(@D)
	$(Q)ln -sf $(abspath $(top_srcdir))/include/linux/checkpoint_hdr.h $@

$(table): $(top_srcdir)/include/linux/checkpoint_hdr.h
	$(Q)mkdir -p $(@D)
	$(Q)awk -f $(top_srcdir)/kernel/checkpoint/image/mkabi.awk $< >$@
