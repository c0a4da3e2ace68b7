# SPDX-License-Identifier: BSD-2-Clause
"""Every limit that a peer or an operator can reach: it holds, and what it costs is said."""
from lab import cases


def test_rate(field):
    """5,000 handshakes a second for ten seconds, with the ring as it is."""
    watch = field.watch()
    field.run_load("-n", 50000, "--versions", "both", "--rate", 5000)
    watch.stop().check_none_lost(50000)


@cases(halves_swapped=("--reversed",), small_segments=("--mss", 200, "--reversed"))
def test_out_of_order(field, *how):
    watch = field.watch("--ring-size", 16384)
    field.run_load("-n", 2000, "--versions", "both", *how)
    watch.stop().check_none_lost(2000)


def test_more_connections_than_allowed(field):
    """136 are under way at any time; 16 may be."""
    watch = field.watch("--ring-size", 16384, "--max-flows", 16)
    field.run_load("-n", 2000, "--versions", "both")
    told = watch.stop()
    told.check_exact(2000)
    given_up = told.reasons["given up: too many connections at once"]
    assert 0 < given_up == told.drops["flows_evicted"] == told.outcomes["unknown"], told.summary()


def test_less_memory_than_needed(field):
    """Megabytes that come before what they follow, and never can be read."""
    watch = field.watch("--ring-size", 65536, "--max-memory", 1)
    field.run_load("-n", 300, "--hostile", "endless", "--hole", "--lanes", 30)
    told = watch.stop()
    assert told.reported() == 300 == told.outcomes["unknown"], told.summary()
    assert told.incomplete == 300 and told.drops["memory_budget"] + told.drops["flows_evicted"] > 0, told.summary()
    assert told.memory < 2 * (65536 << 10) + (24 << 20), told.summary()


@cases(endless_message=("endless",), records_of_one_byte=("tiny",), many_messages=("messages",))
def test_budget(field, kind):
    """A peer that does not stop: a budget of each direction is read, the rest is counted."""
    watch = field.watch("--ring-size", 32768, "--max-memory", 8)
    field.run_load("-n", 200, "--hostile", kind, "--lanes", 2)
    told = watch.stop()
    assert told.reported() == 200 == told.outcomes["unknown"] == told.incomplete, told.summary()
    assert told.drops["budget"] >= 200, told.summary()
    assert told.memory < 2 * (32768 << 10) + (40 << 20), told.summary()


def test_lengths_that_lie(field):
    watch = field.watch()
    field.run_load("-n", 1000, "--hostile", "giant")
    told = watch.stop()
    assert told.reported() == 1000 and not told.outcomes["success"], told.summary()
    assert told.memory < (64 << 20), told.summary()
