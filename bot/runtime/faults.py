"""What an operator reads instead of a traceback: faults that come with their words and an exit code."""

from __future__ import annotations

from typing import ClassVar


class Fault(Exception):
    """A command could not do what it is for; the message says why, and what can be done."""

    code: ClassVar[int] = 1


class WrongUse(Fault):
    """What was asked for, or set, cannot be meant."""

    code = 2
