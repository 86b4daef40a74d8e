# SPDX-License-Identifier: GPL-2.0-only
#
# The selftests, from this repository: one static program a topic, for the guest's initramfs.
#
#	make BUILD=<directory>		build every *_test.c into it
#
# Some are built a second time, as 32-bit programs: compat_NAME_test.
#
# README has a line for each test.

BUILD		?= $(abspath ../../build/tests/selftests)
KERNEL_TREE	?= $(abspath ../../build/linux)
CC		?= gcc
CFLAGS		?= -O2 -g

HARNESS		:= $(KERNEL_TREE)/tools/testing/selftests
ALL_CFLAGS	= -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-parameter \
		  -I. -I../../include -isystem $(HARNESS) -MMD -MP -pthread $(CFLAGS)

COMPAT		:= aio_cut basic compat copy_count epoll forged_compat futex getdents memory msg pipes restart_block rseq \
		   seccomp sem short_count signals socket_wait threads tree vfork
programs	:= $(COMPAT:%=$(BUILD)/compat_%_test) $(patsubst %.c,$(BUILD)/%,$(wildcard *_test.c))
helpers		:= $(patsubst %.c,$(BUILD)/obj/%.o,subject.c story.c look.c behind.c image.c)
helpers32	:= $(helpers:$(BUILD)/obj/%=$(BUILD)/obj/32/%)

.PHONY: all clean
.SECONDARY:

all: $(programs)

$(BUILD)/obj/%.o: %.c guest.mk
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# AVX is used by one file alone, which asks the processor first.
$(BUILD)/obj/regs_test.o: CFLAGS += -mavx

$(BUILD)/obj/steps.o: ../tools/steps.c guest.mk
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The one that steps through ckpt(1).
$(BUILD)/ckpt_kill_test: $(BUILD)/obj/steps.o

# The one that looks at all it can.
$(BUILD)/inspect_test: $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out inspect_test.c,\
							 $(wildcard inspect_*.c)))

# The one that knows every field.
mkabi		:= ../../kernel/checkpoint/image/mkabi.awk
$(BUILD)/gen/abi-table.h: ../../include/linux/checkpoint_hdr.h $(mkabi)
	@mkdir -p $(@D)
	awk -f $(mkabi) $< >$@

$(BUILD)/obj/forged_reserved_test.o: $(BUILD)/gen/abi-table.h
$(BUILD)/obj/forged_reserved_test.o: CFLAGS += -I$(BUILD)/gen

# What 64-bit programs have by default; sizes there are never compared with signed ones.
$(BUILD)/obj/32/%.o: %.c guest.mk
	@mkdir -p $(@D)
	$(CC) -m32 -D_FILE_OFFSET_BITS=64 $(ALL_CFLAGS) -Wno-sign-compare -c -o $@ $<

$(BUILD)/compat_%_test: $(BUILD)/obj/32/%_test.o $(helpers32)
	$(CC) -m32 -static -pthread -o $@ $^

$(BUILD)/%_test: $(BUILD)/obj/%_test.o $(helpers)
	$(CC) -static -pthread -o $@ $^

clean:
	rm -rf $(BUILD)/obj $(programs)

-include $(wildcard $(BUILD)/obj/*.d $(BUILD)/obj/32/*.d)
