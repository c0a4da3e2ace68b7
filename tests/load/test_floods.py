# SPDX-License-Identifier: BSD-2-Clause
"""A million packets that are no handshakes: memory stays bounded, the real handshakes between them are all reported, and what
is dropped is counted."""
from lab import cases

RING_KIB = 16384
# The ring is mapped twice in a row; --max-memory as it is unless told otherwise, the connections themselves, and what is always there.
MEMORY_MAX = 2 * (RING_KIB << 10) + (256 << 20) + (72 << 20)


@cases(SYN=("syn",), port_scan=("scan",))
def test_openings(field, kind):
    """As fast as can be: nothing of them reaches user space."""
    watch = field.watch("--ring-size", RING_KIB)
    field.run_load("-n", 1000, "--versions", "both", "--lanes", 1, "--flood", kind, "--flood-packets", 1000000)
    told = watch.stop()
    told.check_none_lost(1000)
    assert told.strangers == 0 and told.last["hsmon"]["stats"]["packets"] >= 1015000
    assert told.memory < MEMORY_MAX, told.summary()


def test_half_hellos(field):
    """Each is a handshake that never ends, and is said to be one. At a rate that the reader can follow on a busy machine."""
    watch = field.watch("--ring-size", RING_KIB)
    field.run_load("-n", 1000, "--versions", "both", "--rate", 30, "--flood", "half", "--flood-packets", 1000000)
    told = watch.stop()
    assert told.reported() == 1000 == len(told.numbers) and told.outcomes["success"] == 1000, told.summary()
    told.check_truth()
    assert told.strangers == 1000000 == told.outcomes["unknown"] + told.outcomes["failure"], told.summary()
    given_up = told.drops["flows_evicted"]
    assert 0 < given_up == told.reasons["given up: too many connections at once"], told.summary()
    assert told.memory < MEMORY_MAX, told.summary()


def test_half_hellos_too_fast(field):
    """Faster than any reader: every one, half or whole, is reported or counted lost."""
    watch = field.watch("--ring-size", 256)
    field.run_load("-n", 1000, "--versions", "both", "--lanes", 1, "--flood", "half", "--flood-packets", 1000000)
    told = watch.stop()
    assert told.lost() > 0 and all(cnt == 1 for cnt in told.numbers.values()), told.summary()
    assert told.reported() + told.strangers + told.lost() == 1001000, told.summary()
    told.check_truth()
    assert told.memory < MEMORY_MAX, told.summary()
