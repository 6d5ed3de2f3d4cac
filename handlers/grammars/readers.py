"""Reading a command word by word, and knowing what to quote when a word makes no sense."""

from __future__ import annotations

from bot.errors import NotUnderstood, PartMissing
from handlers.grammars.usages import Usage
from handlers.grammars.words import Word


class Reader:
    """A finger moving along the words of one command."""

    def __init__(self, words: tuple[Word, ...], usage: Usage) -> None:
        self._words = words
        self._usage = usage
        self._at = 0
        self._part_at = 0

    @property
    def is_done(self) -> bool:
        """Whether all words have been read."""
        return self._at >= len(self._words)

    @property
    def key(self) -> str:
        """The word under the finger, to compare with; empty at the end."""
        return self.ahead(1)

    def ahead(self, count: int) -> str:
        """The next words with single spaces between them; empty if there are not that many."""
        taken = self._words[self._at : self._at + count]
        return " ".join(word.key for word in taken) if len(taken) == count else ""

    def advance(self, count: int = 1) -> None:
        """Move over words."""
        self._at += count

    def skip(self, *keys: str) -> bool:
        """Move over the next word if it is one of these, and tell whether it was."""
        if self.key not in keys or self.is_done:
            return False
        self.advance()
        return True

    def begin_part(self) -> None:
        """Remember this place: a refusal repeats what was said from here on."""
        self._part_at = self._at

    def lost(self, *known: str) -> NotUnderstood:
        """Build the refusal of the word under the finger, where one of the known ones would have done."""
        is_repeated = self.key in known
        end = None if is_repeated else self._at + 1
        said = " ".join(word.text for word in self._words[self._part_at : end])
        return self._usage.missed(said, near=self.key, known=() if is_repeated else known)

    def lacks(self, part: str) -> PartMissing:
        """Build the refusal for a part that nobody said."""
        return self._usage.lacks(part)
