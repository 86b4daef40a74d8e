# SPDX-License-Identifier: GPL-2.0-only
#
# What a person types.  Each target does its own set-up and redoes only what
# has changed; 'make help' lists them.

SHELL		= /bin/bash
BUILD		:= $(CURDIR)/build
VARIANT		?= standard
FLAVOUR		?= cloud-amd64
export BUILD

.PHONY: help demo check check-debug check-style check-tools check-witnesses check-deb check-slurm bench kernel \
	rootfs docs bundle patches series shell install uninstall deb deb-tools clean setup tools selftests

help:		## list the targets
	@sed -n -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 24

demo:		## carry a Python program across a power-off, and compare its result
demo: setup kernel tools rootfs
	@tests/demo/run

check:		## run the selftests and the real programs in guests, and check =n
check:
	@scripts/check standard

check-debug:	## run the selftests and KUnit under KASAN, lockdep and kmemleak
check-debug:
	@scripts/check debug

check-style:	## check the style of patches, sources, headers and scripts
check-style:
	@scripts/check style

check-tools:	## run the tests of the tools: on the host, in guests, under power loss
check-tools: kernel tools rootfs
	@tests/tools/run

check-witnesses:	## save and restart the kernel's own test programs while they run
check-witnesses: kernel tools rootfs
	@tests/witnesses/build
	@tests/guest --name witnesses --rootfs --memory 4G --test-limit 3000 --time-limit 3600 \
		--add tests/apps:apps --add tests/witnesses:witnesses \
		--add $(BUILD)/tests/witnesses:witnesses-programs --run /guest/witnesses/run

check-deb:	## install, use and purge the packages in a Debian that boots by GRUB
check-deb: setup
	@scripts/deb-tools
	@scripts/deb-kernel local
	@scripts/check-ledger deb-cloud-amd64
	@tests/install/run

check-slurm:	## a cluster of two nodes under Slurm, with NFS: users' jobs go on from node to node
check-slurm: setup tools
	@scripts/kernel-tree
	@scripts/kernel-build slurm
	@scripts/rootfs slurm
	@scripts/check-slurm

bench:		## measure beside CRIU and the machine's limits; a table and a plot
bench: setup kernel tools rootfs
	@scripts/kernel-build plain
	@tests/bench/run

kernel:		## build the kernel (VARIANT=standard, debug, alt, slurm or plain)
kernel: setup
	@scripts/kernel-tree
	@scripts/kernel-build $(VARIANT)

tools:		## build ckpt, rstr, ckptinfo and libcheckpoint
tools: setup
	@! [ -e tools/Makefile ] || $(MAKE) --no-print-directory -C tools BUILD=$(BUILD)/tools

selftests:	## build the selftests
selftests: tools
	@! [ -e tests/selftests/Makefile ] || \
		$(MAKE) --no-print-directory -C tests/selftests BUILD=$(BUILD)/tests/selftests

rootfs:		## make the Debian root file system of the guests
rootfs: setup
	@scripts/rootfs

docs:		## manual pages as text, kernel-doc of kinds and functions: build/docs
docs: setup
	@scripts/kernel-tree
	@$(MAKE) --no-print-directory -C Documentation BUILD=$(BUILD)/docs TREE=$(BUILD)/linux

# What another machine can boot, with the selftests that SELFTESTS names
bundle:		## kernel and initramfs that print KTAP on the console: build/bundle
bundle: kernel tools selftests
	@tests/guest --bundle $(BUILD)/bundle --memory 4G --test-limit 300 --selftests '$(or $(SELFTESTS),*)'

patches:	## write patches/ anew from the worked-on tree build/linux
	@scripts/kernel-tree --refresh

series:		## write the whole work on the kernel as mails for git am: build/series
series: setup
	@scripts/kernel-tree
	@scripts/series --check

shell:		## an interactive Debian guest with the tools; its disk is /data
shell: kernel tools selftests rootfs
	@tests/guest --interactive --rootfs --disk $(BUILD)/data.ext4 --add tests/demo:demo

install:	## install tools, library, Python module, manual pages, units (DESTDIR, PREFIX)
uninstall:	## remove them
install uninstall:
	@$(MAKE) --no-print-directory -C tools BUILD=$(BUILD)/tools $@

deb:		## packages of the kernel, in build/deb-kernel (FLAVOUR=cloud-amd64, amd64 or local)
deb: setup
	@scripts/deb-kernel $(FLAVOUR)

deb-tools:	## packages of the tools for this Debian, in build/deb
deb-tools: setup
	@scripts/deb-tools

setup:		## install the Debian packages that are missing
	@scripts/setup

clean:		## remove everything that was built
	rm -rf $(BUILD)
