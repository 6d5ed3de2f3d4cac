"""What a command can be told: the lines of its help page, and the hint somebody gets who was not understood."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from bot.errors import (
    ChannelNotPicked,
    DidYouMean,
    NotUnderstood,
    OneChannelAtATime,
    OnePersonAtATime,
    PartMissing,
    PersonNotPicked,
    UsageNotUnderstood,
)
from handlers.grammars.words import Word, plain, quote


@dataclass(frozen=True)
class Usage:
    """One thing a command does, as its help page shows it."""

    verb: str
    form: str
    """All that can be said, optional parts in brackets."""
    example: str
    """A whole command that is understood, with a person's name where one is picked."""
    does: str
    """What comes of it, as a sentence without a subject."""

    def missed(self, text: str, near: str = "", known: Iterable[str] = ()) -> NotUnderstood:
        """Build the refusal of a text; if a known word is close to the `near` one, it asks for that one."""
        for nearest in get_close_matches(near, list(known), n=1, cutoff=0.7):
            return DidYouMean(text=quote(text), nearest=nearest, example=self.example, form=self.form)
        if self.form == self.example:
            return NotUnderstood(text=quote(text), example=self.example)
        return UsageNotUnderstood(text=quote(text), example=self.example, form=self.form)

    def lacks(self, part: str) -> PartMissing:
        """Build the refusal of a text that is fine but for a missing part ("the time of day")."""
        return PartMissing(part=part, example=self.example, form=self.form)


def usage_of(verb: str, usages: tuple[Usage, ...]) -> Usage:
    """Find the line about a verb."""
    return next(usage for usage in usages if usage.verb == verb)


def not_a_command(text: str, verb: str, usages: tuple[Usage, ...], *, otherwise: str) -> NotUnderstood:
    """Build the refusal of a command whose verb is none, with the usage of the closest one there is."""
    verbs = [usage.verb for usage in usages]
    closest = get_close_matches(verb, verbs, n=1) or [otherwise]
    return usage_of(closest[0], usages).missed(plain(text))


def one_person(words: tuple[Word, ...], usage: Usage) -> tuple[str, tuple[Word, ...]]:
    """Take the one picked person out of the words, wherever they stand; refuses none, two and typed names."""
    people = {word.person for word in words if word.person}
    others = tuple(word for word in words if not word.person)
    if not people or any(word.text.startswith("@") for word in others):
        raise PersonNotPicked(example=usage.example)
    if len(people) > 1:
        raise OnePersonAtATime(example=usage.example)
    return people.pop(), others


def one_channel(words: tuple[Word, ...], usage: Usage) -> tuple[str | None, tuple[Word, ...]]:
    """Take the picked channel out of the words, wherever it stands, if there is one; refuses two and typed names."""
    channels = {word.channel for word in words if word.channel}
    others = tuple(word for word in words if not word.channel)
    if any(word.text.startswith("#") for word in others):
        raise ChannelNotPicked(example=usage.example)
    if len(channels) > 1:
        raise OneChannelAtATime(example=usage.example)
    return (channels.pop() if channels else None), others
