# SPDX-License-Identifier: BSD-2-Clause
"""Handshakes reported and handshakes counted lost are together those that were made, whatever is too small or too slow."""
import subprocess

from field import ended
from lab import cases

def sizes(*kibs):
    return cases(**{f"{kib}_KiB": (kib,) for kib in kibs})


@sizes(4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
def test_reader_stopped(field, kib):
    """All the while: what fits the ring gets through."""
    watch = field.watch("--ring-size", kib)
    watch.pause()
    field.run_load("-n", 3000, "--versions", "both")
    watch.resume()
    told = watch.stop()
    told.check_exact(3000)
    assert kib > 4096 or told.lost() > 0, f"a ring that is large enough tests nothing: {told.summary()}"


@sizes(4, 16, 64, 256, 1024)
def test_reader_stopped_and_continued(field, kib):
    """Again and again, so that connections lose what is in their middle."""
    watch = field.watch("--ring-size", kib)
    generator = field.load("-n", 10000, "--versions", "both", "--rate", 8000)
    while generator.poll() is None:
        watch.pause()
        a_moment(generator)
        watch.resume()
        a_moment(generator)
    ended(generator)
    watch.stop().check_exact(10000)


def a_moment(generator):
    try:
        generator.wait(0.015)
    except subprocess.TimeoutExpired:
        pass


@sizes(4, 16, 64, 256, 1024)
def test_reader_too_slow(field, kib):
    """As fast as the generators can, two at once."""
    watch = field.watch("--ring-size", kib)
    generators = [field.load("-n", 5000, "--first", 5000 * i, "--versions", "both") for i in range(2)]
    for generator in generators:
        ended(generator)
    watch.stop().check_exact(10000)


def test_small_segments(field):
    """Handshakes in segments of 100 bytes: more records for each, more ways to lose some."""
    watch = field.watch("--ring-size", 64)
    field.run_load("-n", 3000, "--versions", "both", "--mss", 100)
    watch.stop().check_exact(3000)
