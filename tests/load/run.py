#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the tests under load, one after another: run.py [-l] HSMON HSLOAD [PATTERN...]

Each test_*.py beside this file holds functions test_*(field, ...). Nothing is timed: what is asserted is what was reported,
what was counted, and how much memory it took. The last line is "N passed, N failed, N skipped"."""
import argparse
import importlib
import os
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent / "net")]

from lab import netns  # noqa: E402
from field import Field  # noqa: E402

TEST_SECONDS = 300


def collect(patterns):
    for path in sorted(HERE.glob("test_*.py")):
        for name, function in vars(importlib.import_module(path.stem)).items():
            if not name.startswith("test_") or not callable(function):
                continue
            for label, args in getattr(function, "cases", {"": ()}).items():
                text = f"{path.stem[5:]}: {name[5:].replace('_', ' ')}" + (f" ({label})" if label else "")
                if not patterns or any(p in text for p in patterns):
                    yield text, function, args


def run(function, args, programs, number):
    """True if it passed; in a process of its own, so that nothing of it is left."""
    prefix = f"{netns.PREFIX}{os.getpid()}-{number}-"
    pid = os.fork()
    if pid == 0:
        status = 1
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.alarm(TEST_SECONDS)
        try:
            with tempfile.TemporaryDirectory(prefix="hsmon-load-") as folder:
                with Field(*programs, Path(folder), prefix) as field:
                    function(field, *args)
            status = 0
        except BaseException:       # whatever it is, it is this test's failure
            traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
        os._exit(status)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    finally:
        for name in netns.listed():
            if name.startswith(prefix):
                netns.remove(name)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("-l", "--list", action="store_true", help="only the tests' names")
    options.add_argument("hsmon")
    options.add_argument("hsload")
    options.add_argument("pattern", nargs="*", help="only tests whose name has it")
    choice = options.parse_args()
    tests = list(collect(choice.pattern))
    if choice.list:
        print("\n".join(text for text, _, _ in tests))
        return 0
    if os.geteuid() != 0:
        print(f"# skip: network namespaces need root\n0 passed, 0 failed, {len(tests)} skipped")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = 0
    for number, (text, function, args) in enumerate(tests):
        began = time.monotonic()
        fine = run(function, args, (choice.hsmon, choice.hsload), number)
        failed += not fine
        print(f"{'ok' if fine else 'FAILED'} - {text}, {time.monotonic() - began:.1f} s", flush=True)
    print(f"{len(tests) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
