# SPDX-License-Identifier: BSD-2-Clause
# hsmon: everything is built below $(BUILD); `make help` lists what there is.

VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
SYSCONFDIR ?= /etc
CC ?= gcc
CLANG ?= clang
PKG_CONFIG ?= pkg-config
# Ubuntu's /usr/sbin/bpftool is a wrapper that wants the running kernel's tools: the real ones come first.
BPFTOOL ?= $(firstword $(wildcard /usr/lib/linux-tools/*/bpftool /usr/lib/linux-tools-*/bpftool /usr/sbin/bpftool /usr/local/sbin/bpftool /usr/bin/bpftool) bpftool)
V ?= 0
SAN ?= 0

ifeq ($(V),0)
Q := @
say = @printf '  %-8s %s\n' $(1) $(2)
else
say = @:
endif

LIBS := libbpf libelf zlib libbrotlidec libzstd libcrypto libpcap libseccomp libmnl libxxhash libconfig sqlite3
LIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBS))
LIB_LDLIBS := $(shell $(PKG_CONFIG) --libs $(LIBS))
TEST_LDLIBS := -lssl -lbrotlienc	# peers for tests; hsmon itself speaks no TLS

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) -D_GNU_SOURCE -DHSMON_VERSION='"$(VERSION)"' \
	-Iinclude -Iuser -I$(BUILD)/gen $(LIB_CFLAGS)
ALL_LDFLAGS = $(LDFLAGS) -pie -Wl,-z,relro,-z,now
ifeq ($(SAN),0)
ALL_CFLAGS += $(HARDEN)
else
ALL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -DHSMON_SANITIZED
ALL_LDFLAGS += -fsanitize=address,undefined
endif

ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/; s/ppc64le/powerpc/; s/riscv64/riscv/')
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) $(WARN) -Wno-missing-prototypes -Wno-unused-function -Ivmlinux -Iinclude -Ibpf

SRCS := $(filter-out user/main.c,$(wildcard user/*.c user/*/*.c))
OBJS := $(SRCS:%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libhsmon.a
BPF_SRCS := $(wildcard bpf/*.bpf.c)
SKELS := $(BPF_SRCS:bpf/%.bpf.c=$(BUILD)/gen/%.skel.h)
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
BPF_TESTS := $(patsubst tests/bpf/%.c,$(BUILD)/tests/bpf/%,$(wildcard tests/bpf/test_*.c))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: check-packaging all help clean install install-service uninstall completions deb check check-unit check-bpf check-net check-shapes check-san check-floors check-vm check-corpus fuzz fuzz-build bench bench-kernel demo FORCE

all: $(BUILD)/hsmon ## build hsmon

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo '  variables: BUILD=dir V=1 SAN=1 (AddressSanitizer, UBSan) PREFIX= DESTDIR= CC= CLANG='

$(BUILD)/hsmon: $(BUILD)/user/main.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LDLIBS)

$(LIB): $(OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Rebuilt when the flags change: their text is a prerequisite.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(subst ','\'',$(ALL_CFLAGS)) $(ALL_LDFLAGS) $(CLANG) $(BPF_CFLAGS)' | cmp -s - $@ || printf '%s\n' '$(CC) $(subst ','\'',$(ALL_CFLAGS)) $(ALL_LDFLAGS) $(CLANG) $(BPF_CFLAGS)' > $@

$(BUILD)/user/%.o: user/%.c $(BUILD)/flags | $(SKELS)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(BUILD)/flags
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MT $@ -MF $(@:.o=.d) -c -o $@ $<

$(BUILD)/gen/%.skel.h: $(BUILD)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst -,_,$*)_bpf > $@

$(BUILD)/tests/%: tests/%.c $(LIB) $(BUILD)/flags
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -MMD -MP -MT $@ -MF $@.d $(ALL_LDFLAGS) -o $@ $< $(LIB) $(LIB_LDLIBS) $(TEST_LDLIBS) -lcmocka

check-unit: $(UNIT) ## unit tests (SAN=1 with sanitizers)
	$(Q)sh tests/run.sh $(UNIT)

check-bpf: $(BPF_TESTS) ## the BPF programs on a table of packets, in this kernel (root)
	$(Q)sh tests/run.sh $(BPF_TESTS)

check-san: ## unit tests with AddressSanitizer and UndefinedBehaviorSanitizer
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)-san SAN=1 check-unit

check-floors: ## includes point downwards only
	$(Q)sh scripts/check-floors.sh

check-net: $(BUILD)/hsmon ## real servers and clients in private network namespaces (root)
	$(Q)python3 tests/net/run.py $(abspath $(BUILD))/hsmon

check-packaging: $(BUILD)/hsmon.service completions ## packaging files against the rest of the tree
	$(Q)sh tests/packaging/run.sh $(BUILD)

check-shapes: $(BUILD)/hsmon ## one handshake in every shape of packets, from capture files
	$(Q)python3 tests/shapes/run.py $(abspath $(BUILD))/hsmon

check-corpus: $(BUILD)/hsmon ## captures with ground truth: CORPUS=folder with score.py
	$(Q)python3 $(CORPUS)/score.py --minimum 99 $(abspath $(BUILD))/hsmon $(CORPUS)

check-vm: $(BUILD)/hsmon $(BUILD)/tests/bpf/test_preempt ## Debian kernels 5.10 to newest in qemu (downloads kernel packages)
	$(Q)HSMON=$(abspath $(BUILD))/hsmon sh tests/vm/run.sh

check: ## everything: builds, runs all tests (root); scripts/check.sh also installs what is missing
	$(Q)sh scripts/check.sh --no-deps

demo: $(BUILD)/hsmon ## real handshakes in private namespaces, shown (root)
	$(Q)sh scripts/demo.sh --no-deps

# libFuzzer: the library's sources once more, instrumented.
FUZZ_CC ?= $(CLANG)
FUZZ_SECONDS ?= 60
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_OBJS := $(SRCS:%.c=$(BUILD)/fuzz-obj/%.o)
FUZZ_CFLAGS := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

$(BUILD)/fuzz-obj/%.o: %.c $(BUILD)/flags | $(SKELS)
	$(call say,FUZZ,$<)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(filter-out $(HARDEN) -O2 -fsanitize%,$(ALL_CFLAGS)) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJS)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(filter-out $(HARDEN) -O2 -fsanitize%,$(ALL_CFLAGS)) $(FUZZ_CFLAGS) -fsanitize=fuzzer -Itests -o $@ $< $(FUZZ_OBJS) $(LIB_LDLIBS)

fuzz-build: $(FUZZ) ## build the fuzz harnesses
fuzz: $(FUZZ) ## run every fuzz harness for FUZZ_SECONDS
	$(Q)sh tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ)

compile_commands.json: FORCE ## for editors and clang tools
	@{ echo '['; sep=; for f in $(SRCS) user/main.c $(wildcard tests/*/*.c); do \
		printf '%s{"directory":"%s","file":"%s","arguments":["$(CC)"' "$$sep" "$(CURDIR)" "$$f"; \
		for a in $(subst ",\\\",$(ALL_CFLAGS)) -Itests -c $$f; do printf ',"%s"' "$$a"; done; printf ']}\n'; sep=,; done; echo ']'; } > $@

completions: $(BUILD)/hsmon ## completions for bash, zsh and fish
	$(Q)sh scripts/completions.sh $(BUILD)/hsmon $(BUILD)/completions

# From where, to where, mode: of all that install puts there and uninstall removes.
INSTALLED = $(BUILD)/hsmon:$(SBINDIR)/hsmon:0755 \
	docs/hsmon.8:$(MANDIR)/man8/hsmon.8:0644 \
	docs/hsmon-policy.5:$(MANDIR)/man5/hsmon-policy.5:0644 \
	docs/hsmon.conf.5:$(MANDIR)/man5/hsmon.conf.5:0644 \
	$(BUILD)/completions/hsmon.bash:$(DATADIR)/bash-completion/completions/hsmon:0644 \
	$(BUILD)/completions/_hsmon:$(DATADIR)/zsh/site-functions/_hsmon:0644 \
	$(BUILD)/completions/hsmon.fish:$(DATADIR)/fish/vendor_completions.d/hsmon.fish:0644
INSTALLED_SERVICE = $(BUILD)/hsmon.service:$(PREFIX)/lib/systemd/system/hsmon.service:0644 \
	packaging/systemd/hsmon.sysusers.conf:$(PREFIX)/lib/sysusers.d/hsmon.conf:0644 \
	packaging/systemd/hsmon.tmpfiles.conf:$(PREFIX)/lib/tmpfiles.d/hsmon.conf:0644 \
	packaging/hsmon.conf:$(SYSCONFDIR)/hsmon/hsmon.conf:0644
put = install -D -m $(word 3,$(subst :, ,$(1))) $(word 1,$(subst :, ,$(1))) $(DESTDIR)$(word 2,$(subst :, ,$(1))) &&

install: all completions ## install below DESTDIR and PREFIX
	@$(foreach f,$(INSTALLED),$(call put,$(f))) install -d -m 0755 $(DESTDIR)/var/lib/hsmon

$(BUILD)/hsmon.service: packaging/systemd/hsmon.service FORCE
	@mkdir -p $(@D)
	@sed 's,@SBINDIR@,$(SBINDIR),' $< > $@

install-service: $(BUILD)/hsmon.service ## install the systemd unit, its user and a configuration file, too
	@$(foreach f,$(INSTALLED_SERVICE),$(call put,$(f))) :

uninstall: ## remove what install and install-service put there, but for the configuration
	rm -f $(foreach f,$(INSTALLED) $(filter-out packaging/hsmon.conf%,$(INSTALLED_SERVICE)),$(DESTDIR)$(word 2,$(subst :, ,$(f))))

deb: ## a Debian package, in BUILD (needs deps.sh --package)
	$(Q)sh packaging/debian/build.sh $(VERSION) $(BUILD)

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(wildcard tests/*/*.mk)
-include $(OBJS:.o=.d) $(FUZZ_OBJS:.o=.d) $(BUILD)/user/main.d $(UNIT:=.d) $(BPF_TESTS:=.d) $(BPF_SRCS:%.c=$(BUILD)/%.d)
