#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the tests with real peers: run.py [-j JOBS] [-l] HSMON [PATTERN...]

Each test_*.py beside this file holds functions test_*(lab, ...). Every test runs in a process of its own, in network
namespaces of its own, several at a time; whatever it started is ended and removed afterwards. The last line is
"N passed, N failed, N skipped"."""
import argparse
import fnmatch
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

from lab import Skip, netns  # noqa: E402
from lab.pki import Pki  # noqa: E402

TEST_SECONDS = 60
EXIT_SKIP = 77


class Lab:
    """What a test gets: certificates, a folder, namespaces by letter."""

    def __init__(self, pki, folder, prefix):
        self.pki, self.folder, self.prefix = pki, folder, prefix

    def netns(self, suffix="a"):
        return netns.Netns(self.prefix + suffix)

    def pair(self, number=0):
        """Two namespaces joined by a veth: (client's with .1, server's with .2)."""
        a, b = self.netns("a"), self.netns("b")
        netns.veth(a, b, number)
        return a, b

    def note(self, text):
        """A line that is shown although the test passes."""
        print(f"# {text}")


class Test:
    def __init__(self, module, function, label, args):
        self.function, self.args = function, args
        self.seconds = getattr(function, "seconds", TEST_SECONDS)
        self.name = f"{module.removeprefix('test_')}: {function.__name__.removeprefix('test_').replace('_', ' ')}" + (
            f" ({label})" if label else "")

    def run(self, lab):
        self.function(lab, *self.args)


def collect(patterns):
    tests = []
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for name, function in vars(module).items():
            if name.startswith("test_") and callable(function):
                for label, args in getattr(function, "cases", {"": ()}).items():
                    tests.append(Test(path.stem, function, label, args))
    if patterns:
        tests = [t for t in tests if any(fnmatch.fnmatch(t.name, f"*{p}*") for p in patterns)]
    return tests


class Running:
    """One test in a process, and process group, of its own."""

    def __init__(self, test, number, pki, scratch):
        self.test, self.began = test, time.monotonic()
        self.prefix = f"{netns.PREFIX}{os.getpid()}-{number}-"
        self.folder = scratch / str(number)
        self.folder.mkdir()
        self.log = self.folder / "log"
        self.pid = os.fork()
        if self.pid == 0:
            self._child(pki)

    def _child(self, pki):
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        log = os.open(self.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdout = os.fdopen(1, "w", buffering=1)
        status = 0
        try:
            self.test.run(Lab(pki, self.folder, self.prefix))
        except Skip as reason:
            print(f"skip: {reason}")
            status = EXIT_SKIP
        except BaseException:       # whatever it is, it is this test's failure
            traceback.print_exc(file=sys.stdout)
            status = 1
        sys.stdout.flush()
        os._exit(status)

    def overdue(self):
        return time.monotonic() - self.began > self.test.seconds

    def end(self, wait_status):
        """Cleans up; (word, text)."""
        self.kill()
        seconds = time.monotonic() - self.began
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        if self.overdue():
            text += f"killed after {self.test.seconds} s\n"
        status = os.waitstatus_to_exitcode(wait_status)
        word = "ok" if status == 0 else "skip" if status == EXIT_SKIP else "FAILED"
        shutil.rmtree(self.folder, ignore_errors=True)
        return word, text, seconds

    def kill(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        for name in netns.listed():
            if name.startswith(self.prefix):
                netns.remove(name)


class Runner:
    def __init__(self, jobs, scratch):
        self.jobs, self.scratch, self.running = jobs, scratch, {}
        self.count = {"ok": 0, "FAILED": 0, "skip": 0}

    def run(self, tests):
        pki_folder = self.scratch / "pki"
        pki_folder.mkdir()
        pki = Pki(pki_folder)
        for number, test in enumerate(tests):
            while len(self.running) >= self.jobs:
                self.reap()
            one = Running(test, number, pki, self.scratch)
            self.running[one.pid] = one
        while self.running:
            self.reap()

    def reap(self):
        """Waits until a test has ended, or must be."""
        while True:
            for one in self.running.values():
                if one.overdue():
                    one.kill()
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid in self.running:
                break
            time.sleep(0.005)
        one = self.running.pop(pid)
        word, text, seconds = one.end(status)
        self.count[word] += 1
        reason = f" # {text.strip().removeprefix('skip: ')}" if word == "skip" else ""
        print(f"{word} - {one.test.name}, {seconds:.1f} s{reason}")
        for line in text.splitlines():
            if word == "FAILED" or line.startswith("#"):
                print(f"    {line}")
        sys.stdout.flush()

    def abandon(self):
        for one in self.running.values():
            one.kill()

    def summary(self):
        return f"{self.count['ok']} passed, {self.count['FAILED']} failed, {self.count['skip']} skipped"


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("-j", "--jobs", type=int, default=max(2, os.cpu_count() or 1))
    options.add_argument("-l", "--list", action="store_true", help="only the tests' names")
    options.add_argument("hsmon")
    options.add_argument("pattern", nargs="*", help="only tests whose name has it")
    choice = options.parse_args()
    tests = collect(choice.pattern)
    if choice.list:
        print("\n".join(t.name for t in tests))
        return 0
    if os.geteuid() != 0:
        print(f"# skip: network namespaces need root\n0 passed, 0 failed, {len(tests)} skipped")
        return 0
    if not os.access(choice.hsmon, os.X_OK):
        print(f"{choice.hsmon} is not there\n0 passed, {len(tests)} failed, 0 skipped")
        return 1
    os.environ["HSMON"] = os.path.abspath(choice.hsmon)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    netns.remove_stale()
    with tempfile.TemporaryDirectory(prefix="hsmon-net-") as scratch:
        os.chmod(scratch, 0o755)        # some of what is run there is not root
        runner = Runner(choice.jobs, Path(scratch))
        try:
            runner.run(tests)
        except KeyboardInterrupt:
            print("interrupted")
            runner.count["FAILED"] += 1
        finally:
            runner.abandon()
            print(runner.summary())
    return 1 if runner.count["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main())
