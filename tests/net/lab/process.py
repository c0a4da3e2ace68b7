# SPDX-License-Identifier: BSD-2-Clause
"""A program that runs beside the test: its output line by line as it comes, its end, its place in a namespace."""
import os
import re
import signal
import subprocess
import threading
import time

from lab.wait import until

# The host's OpenSSL configuration may forbid old versions; locales change messages.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               "LC_ALL": "C", "OPENSSL_CONF": "/dev/null", "HOME": "/nonexistent",
               # the confined reader may not look into /proc, as the search for leaks must
               "ASAN_OPTIONS": "detect_leaks=0"}


class Stream:
    """One output of a process: lines with the time they came."""

    def __init__(self, pipe, changed):
        self.lines, self.times, self.changed = [], [], changed
        self.thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self.thread.start()

    def _read(self, pipe):
        for line in pipe:
            with self.changed:
                self.times.append(time.monotonic())
                self.lines.append(line.rstrip(b"\n"))
                self.changed.notify_all()
        pipe.close()
        with self.changed:
            self.changed.notify_all()

    def bytes(self):
        return b"\n".join(self.lines)

    def text(self):
        return self.bytes().decode("utf-8", "replace")


class Process:
    def __init__(self, args, netns=None, user=None, stdin=b"", cwd=None):
        if user is not None:
            args = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *args]
        if netns is not None:
            args = ["nsenter", f"--net=/run/netns/{netns}", *args]
        self.args = [os.fspath(a) for a in args]
        self.changed = threading.Condition()
        self.started = time.monotonic()
        self.popen = subprocess.Popen(self.args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      env=ENVIRONMENT, cwd=cwd)
        self.out = Stream(self.popen.stdout, self.changed)
        self.err = Stream(self.popen.stderr, self.changed)
        if stdin is not None:
            self.feed(stdin)

    @property
    def pid(self):
        return self.popen.pid

    def feed(self, data):
        """Writes all of standard input and closes it."""
        try:
            self.popen.stdin.write(data)
            self.popen.stdin.close()
        except BrokenPipeError:
            pass

    def running(self):
        return self.popen.poll() is None

    def told(self):
        """Everything it said, for a failure's text."""
        return f"{' '.join(self.args)}\n  stdout: {self.out.text()}\n  stderr: {self.err.text()}"

    def await_line(self, stream, pattern, seconds=10.0):
        """The match of the first line that has the pattern."""
        wanted = re.compile(pattern if isinstance(pattern, bytes) else pattern.encode())
        deadline = time.monotonic() + seconds
        seen = 0
        with self.changed:
            while True:
                for line in stream.lines[seen:]:
                    found = wanted.search(line)
                    if found:
                        return found
                seen = len(stream.lines)
                left = deadline - time.monotonic()
                if left <= 0 or not (self.running() or stream.thread.is_alive()):
                    raise AssertionError(f"no line with {pattern!r} came from {self.told()}")
                self.changed.wait(min(left, 0.2))

    def await_listening(self, port, seconds=10.0):
        """Until something listens on the TCP port in this process's network namespace."""
        needle = re.compile(rf"^ *\d+: [0-9A-F]+:{port:04X} [0-9A-F]+:0000 0A ", re.M)

        def listening():
            if not self.running():
                raise AssertionError(f"the server ended: {self.told()}")
            for table in ("tcp", "tcp6"):
                try:
                    with open(f"/proc/{self.pid}/net/{table}", encoding="ascii") as file:
                        if needle.search(file.read()):
                            return True
                except OSError:
                    pass
            return False

        until(listening, f"a server on port {port}", seconds)
        return self

    def wait(self, seconds=20.0):
        """The exit status; all output has been read by then."""
        try:
            status = self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds:g} s: {self.told()}") from None
        self.out.thread.join(5)
        self.err.thread.join(5)
        return status

    def kill(self, number=signal.SIGKILL):
        if self.running():
            self.popen.send_signal(number)


def run(args, netns=None, user=None, stdin=b"", seconds=20.0, check=False, cwd=None):
    process = Process(args, netns=netns, user=user, stdin=stdin, cwd=cwd)
    status = process.wait(seconds)
    if check and status != 0:
        raise AssertionError(f"exit status {status}: {process.told()}")
    return process
