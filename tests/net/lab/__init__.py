# SPDX-License-Identifier: BSD-2-Clause
"""What a test of hsmon with real peers stands on: namespaces, certificates, servers and clients, hsmon itself."""


class Skip(Exception):
    """The test cannot be done here; its text says why."""


def seconds(limit):
    """The test may take so long: on a busy machine many processes take their time."""
    def mark(function):
        function.seconds = limit
        return function
    return mark


def cases(**labelled):
    """One test for each keyword argument: its value is the tuple of arguments behind `lab`."""
    def mark(function):
        function.cases = {label.replace("_", " "): value if isinstance(value, tuple) else (value,)
                          for label, value in labelled.items()}
        return function
    return mark
