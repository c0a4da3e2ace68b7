# SPDX-License-Identifier: BSD-2-Clause
# Load: prepared handshakes, floods and hostile peers as raw frames, and what hsmon makes of them.

LOAD_SRCS := $(wildcard tests/load/*.c)
LOAD_OBJS := $(LOAD_SRCS:%.c=$(BUILD)/%.o)
HSLOAD := $(BUILD)/tests/load/hsload

$(BUILD)/tests/load/%.o: tests/load/%.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -MMD -MP -c -o $@ $<

$(HSLOAD): $(LOAD_OBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lssl -lcrypto

.PHONY: check-load
check-load: $(BUILD)/hsmon $(HSLOAD) ## floods, losses and limits: every handshake is reported or counted lost (root)
	$(Q)python3 tests/load/run.py $(abspath $(BUILD))/hsmon $(abspath $(HSLOAD))

-include $(LOAD_OBJS:.o=.d)
