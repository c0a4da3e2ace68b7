# SPDX-License-Identifier: BSD-2-Clause
"""Control groups of a test's own, of version 2."""
import os

from lab import Skip
from lab.wait import until


def cgroup2():
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for line in file:
            if line.split()[2] == "cgroup2":
                return line.split()[1]
    raise Skip("cgroups of version 2 are not mounted")


class Cgroup:
    """A group of that path in one that only this test has; all of it goes at the end, and what runs in it."""

    def __init__(self, path):
        self.root = cgroup2()
        self.name = f"/hsmon-test-{os.getpid()}/{path}"
        self.path = self.root + self.name
        try:
            os.makedirs(self.path)
        except OSError as why:
            raise Skip(f"no cgroup can be made: {why.strerror}") from why

    def __enter__(self):
        return self

    def __exit__(self, *_):
        path = self.path
        while path != self.root:
            until(lambda gone=path: self._removed(gone), "an empty cgroup")
            path = os.path.dirname(path)

    @staticmethod
    def _removed(path):
        with open(f"{path}/cgroup.procs", encoding="ascii") as file:
            for pid in file.read().split():
                os.kill(int(pid), 9)
        try:
            os.rmdir(path)
        except OSError:
            return False
        return True

    def take(self, process):
        with open(f"{self.path}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(process.pid))
