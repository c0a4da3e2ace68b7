# SPDX-License-Identifier: BSD-2-Clause
"""A load on hsmon: two private namespaces joined by a veth, hsmon on one end, the generator's frames through that end's
egress hook. Every frame passes the hook before the generator goes on, so what was made is known exactly."""
import json
import os
import signal
import subprocess
from collections import Counter

from lab.netns import Netns, remove
from lab.wait import until

SECONDS = 120
PORTS = 60000           # connections of one client address: tests/load/frames.h


class Field:
    """Namespaces and a folder of a test's own."""

    def __init__(self, hsmon, hsload, folder, prefix):
        self.hsmon, self.hsload, self.folder, self.prefix = hsmon, hsload, folder, prefix

    def __enter__(self):
        self.here, self.there = Netns(self.prefix + "a"), Netns(self.prefix + "b")
        subprocess.run(["ip", "link", "add", "eth0", "netns", self.here.name, "type", "veth", "peer", "name", "eth0", "netns",
                        self.there.name], check=True)
        for ns in (self.here, self.there):
            ns.batch("link set eth0 up")
        return self

    def __exit__(self, *_):
        for ns in (self.here, self.there):
            remove(ns.name)

    def watch(self, *args):
        return Watch(self, args)

    def load(self, *args):
        """A generator that runs."""
        return subprocess.Popen(["nsenter", f"--net=/run/netns/{self.here}", self.hsload, "--ec", "-i", "eth0", *map(str, args)],
                                stderr=subprocess.PIPE, text=True)

    def run_load(self, *args):
        ended(self.load(*args))


def ended(generator):
    said = generator.communicate(timeout=SECONDS)[1]
    assert generator.returncode == 0, f"hsload: {said}"


class Watch:
    """hsmon at work. Its output goes to a file: reading it here would slow it down."""

    def __init__(self, field, args):
        self.out, self.err = field.folder / "out", field.folder / "err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            # Ahead of whatever else the machine does: what is tested is hsmon, not how busy that is.
            self.process = subprocess.Popen(["nice", "-n", "-15", "nsenter", f"--net=/run/netns/{field.here}", field.hsmon, "-i", "eth0", "-p", "443",
                                             "-o", "json", *map(str, args)], stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        until(lambda: b"watching" in self.err.read_bytes() or self.process.poll() is not None, "hsmon to watch")
        assert self.process.poll() is None, self.said()
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            [self.reader] = map(int, file.read().split())

    def said(self):
        return self.err.read_text(encoding="utf-8", errors="replace")

    def pause(self):
        os.kill(self.reader, signal.SIGSTOP)
        until(lambda: self._state() == "T", "the reader to stop")

    def resume(self):
        os.kill(self.reader, signal.SIGCONT)

    def _state(self):
        with open(f"/proc/{self.reader}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0]

    def stop(self):
        """What it reported, once everything that waits in the ring has been."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(SECONDS)
        assert status == 0, f"exit status {status}: {self.said()}"
        return Told(self.out)


class Told:
    """The events, counted."""

    def __init__(self, path):
        self.outcomes, self.reasons, self.numbers, self.strangers = Counter(), Counter(), Counter(), 0
        self.incomplete, self.wrong, self.chains, self.last = 0, [], Counter(), None
        with open(path, "rb") as file:
            for sequence, line in enumerate(file):
                event = json.loads(line)
                assert event["event"]["sequence"] == sequence, f"event.sequence {event['event']['sequence']} in line {sequence}"
                if event["event"]["dataset"] == "hsmon.handshake":
                    self._handshake(event)
                self.last = event
        assert self.last and self.last["event"]["dataset"] == "hsmon.stats", f"the last event is {self.last}"
        stats = self.last["hsmon"]["stats"]
        self.drops, self.notes, self.memory = stats["drops"], stats["notes"], stats["own"]["memory_bytes"]
        assert stats["handshakes"] == {k: self.outcomes[k] for k in stats["handshakes"]}, f"{stats['handshakes']}, {self.outcomes}"

    def _handshake(self, event):
        outcome, hsmon = event["event"]["outcome"], event["hsmon"]
        self.outcomes[outcome] += 1
        self.reasons[event["event"].get("reason")] += 1
        side = event["source"] if event["source"]["ip"].startswith("10.") else event["destination"]
        if not side["ip"].startswith("10."):
            self.strangers += 1
            return
        host = int.from_bytes(bytes(map(int, side["ip"].split("."))), "big")
        self.numbers[(host - 0x0a000001) * PORTS + side["port"] - 1024] += 1
        complete = hsmon["capture"]["complete"]
        self.incomplete += not complete
        tls = event.get("tls", {})
        chain = len(hsmon.get("server_chain", []))
        self.chains[tls.get("version"), chain] += 1
        # A success of which no byte is missing has everything; nobody broke anything here.
        if complete and (outcome != "success" or (tls["version"] == "1.2" and chain != 3)) or outcome == "failure":
            self.wrong.append(event)

    def reported(self):
        return sum(self.numbers.values())

    def lost(self):
        return self.drops["handshakes"]

    def summary(self):
        return (f"{self.reported()} reported ({dict(self.outcomes)}, {self.incomplete} incomplete), drops "
                f"{ {k: v for k, v in self.drops.items() if v} }, notes { {k: v for k, v in self.notes.items() if v} }, "
                f"reasons {dict(self.reasons.most_common(5))}, memory {self.memory >> 20} MiB")

    def check_exact(self, made, first=0):
        """Each handshake is reported once or counted lost; what is said of it is true."""
        twice = [n for n, cnt in self.numbers.items() if cnt != 1]
        assert not twice, f"{len(twice)} reported twice, as number {twice[0]}: {self.summary()}"
        strange = [n for n in self.numbers if not first <= n < first + made]
        assert not strange, f"never made: {strange[:5]}: {self.summary()}"
        assert self.reported() + self.lost() == made, f"{made} made: {self.summary()}"
        self.check_truth()

    def check_truth(self):
        assert not self.wrong, f"{len(self.wrong)} events that are wrong, the first: {self.wrong[0]['event']}, {self.wrong[0]['hsmon']}"

    def check_none_lost(self, made):
        self.check_exact(made)
        assert not any(self.drops.values()), f"{made} made: {self.summary()}"
        assert self.outcomes["success"] == made and not self.incomplete, f"{made} made: {self.summary()}"
