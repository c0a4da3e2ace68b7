# SPDX-License-Identifier: BSD-2-Clause
"""hsmon, as a process of the test."""
import os
import re
import signal
import time
from pathlib import Path

from lab import events
from lab.process import Process

REPO = Path(__file__).resolve().parents[3]


def exit_statuses():
    """HS_EXIT_... of user/base/exit.h without the prefix: {"USAGE": 2, ...}."""
    text = (REPO / "user/base/exit.h").read_text(encoding="utf-8")
    return {name: int(value) for name, value in re.findall(r"HS_EXIT_(\w+) = (\d+)", text)}


EXIT = exit_statuses()


class Hsmon(Process):
    """Runs with -o json unless told otherwise. Live: start(...) returns when it says that it is watching."""

    def __init__(self, args, **where):
        super().__init__([os.environ["HSMON"], "--no-config", *args], **where)
        self.parsed = []

    @classmethod
    def start(cls, *args, netns, output="json", **where):
        hsmon = cls(["-o", output, *args], netns=netns, **where)
        hsmon.await_line(hsmon.err, r"^hsmon: watching", 15)
        return hsmon

    @classmethod
    def read_file(cls, path, *args, **where):
        """The events of a capture file; it must succeed."""
        hsmon = cls(["-o", "json", "-r", path, *args], **where)
        status = hsmon.wait(60)
        assert status == 0, f"exit status {status}: {hsmon.told()}"
        return hsmon

    def events(self, kind=None):
        for line in self.out.lines[len(self.parsed):]:
            self.parsed.append(events.parse(line))
        return [e for e in self.parsed if kind is None or events.dataset(e) == kind]

    def handshakes(self):
        return self.events("hsmon.handshake")

    def await_handshakes(self, count, seconds=10.0):
        deadline = time.monotonic() + seconds
        with self.changed:
            while len(self.handshakes()) < count:
                left = deadline - time.monotonic()
                if left <= 0 or not (self.running() or self.out.thread.is_alive()):
                    raise AssertionError(f"{len(self.handshakes())} handshakes of {count} after {seconds:g} s; {self.told()}")
                self.changed.wait(min(left, 0.2))
        return self.handshakes()

    def finish(self, count, seconds=10.0):
        """Waits for that many handshakes, stops it; they, when there were exactly so many and the stream is sound."""
        self.await_handshakes(count, seconds)
        self.stop()
        found = self.handshakes()
        assert len(found) == count, f"{len(found)} handshakes, expected {count}: {self.told()}"
        return found

    def stop(self, number=signal.SIGINT, status=0):
        """Ends it by a signal and checks how it ended."""
        self.kill(number)
        ended = self.wait(10)
        assert ended == status, f"exit status {ended} after {signal.Signals(number).name}, expected {status}: {self.told()}"
        if self.out.lines and self.out.lines[0].startswith(b"{"):
            events.check_sequence(self.events())

    def family(self):
        """Process ids: itself, and those it started."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
            return [self.pid, *map(int, file.read().split())]


def process_status(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
