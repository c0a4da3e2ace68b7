# SPDX-License-Identifier: BSD-2-Clause
# What a packet costs in the kernel, and what watching costs a transfer.

bench-kernel: $(BUILD)/tests/bench/kernel $(BUILD)/hsmon ## what a packet costs in the kernel, beside an empty program (root)
	$(Q)$(BUILD)/tests/bench/kernel
	$(Q)sh tests/bench/throughput.sh $(BUILD)/hsmon

bench-owner: $(BUILD)/tests/bench/owner ## what it costs to know whose connections are (root)
	$(Q)$(BUILD)/tests/bench/owner
