"""What the doctor finds: a verdict and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One line of the diagnosis."""

    verdict: Literal["ok", "wrong", "note"]
    sentence: str

    @property
    def is_wrong(self) -> bool:
        """Whether something has to be done before the bot works."""
        return self.verdict == "wrong"

    def __str__(self) -> str:
        return f"{self.verdict:<6} {self.sentence}"


def ok(sentence: str) -> Finding:
    """Find something as it should be."""
    return Finding("ok", sentence)


def wrong(sentence: str) -> Finding:
    """Find something that has to be put right."""
    return Finding("wrong", sentence)


def note(sentence: str) -> Finding:
    """Find something that is good to know."""
    return Finding("note", sentence)


def in_number(number: int, one: str, several: str) -> str:
    """Choose the words that go with a number."""
    return one if number == 1 else several
