# SPDX-License-Identifier: BSD-2-Clause
# What reading costs, and the parts of it one by one.

MICRO := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(wildcard tests/bench/bench_*.c))

bench: $(BUILD)/hsmon $(MICRO) ## CPU time per handshake, of the whole and of its parts
	$(Q)python3 tests/bench/reader.py $(abspath $(BUILD))/hsmon $(BUILD)/bench
	$(Q)for prog in $(MICRO); do echo; echo "$${prog##*/}"; $$prog || exit 1; done
