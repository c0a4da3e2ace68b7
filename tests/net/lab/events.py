# SPDX-License-Identifier: BSD-2-Clause
"""Reading what hsmon wrote."""
import json


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a name twice in one object: {sorted(k for k in keys if keys.count(k) > 1)}"
    return dict(pairs)


def parse(line):
    """One line, strictly: UTF-8, one object, no name twice, no constants that RFC 8259 does not have."""
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")
    event = json.loads(line.decode("utf-8"), object_pairs_hook=no_duplicates, parse_constant=refuse)
    assert isinstance(event, dict), f"not an object: {line!r}"
    return event


def get(event, path, default=None):
    """get(e, "tls.server.subject"); keys that hold dots themselves do not occur but for "@timestamp"."""
    for key in path.split("."):
        if not isinstance(event, dict) or key not in event:
            return default
        event = event[key]
    return event


def dataset(event):
    return get(event, "event.dataset")


def check_sequence(events):
    """event.sequence proves that nothing was lost after emission."""
    numbers = [get(e, "event.sequence") for e in events]
    assert all(isinstance(n, int) for n in numbers), f"event.sequence is missing: {numbers}"
    wrong = [(a, b) for a, b in zip(numbers, numbers[1:]) if b != a + 1]
    assert not wrong, f"event.sequence has gaps: {wrong}"


def expect(event, **fields):
    """expect(e, tls__version="1.2"): every named field has the value; two underscores stand for a dot."""
    wrong = []
    for name, value in fields.items():
        path = name.replace("__", ".")
        is_value = get(event, path)
        if is_value != value:
            wrong.append(f"{path} is {is_value!r}, expected {value!r}")
    assert not wrong, "; ".join(wrong) + f"\nin {json.dumps(event)}"
    return event


def step_names(event, side=None):
    return [s["name"] for s in get(event, "hsmon.steps", []) if side is None or s["from"] == side]


def chain(event, side="server"):
    return [c["sha256"] for c in get(event, f"hsmon.{side}_chain", [])]
