# SPDX-License-Identifier: BSD-2-Clause
"""Waiting for a state, with a deadline; never for a time."""
import time


def until(condition, what, seconds=10.0, pause=0.01):
    """The first true value of condition(); an AssertionError that names `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(pause)
