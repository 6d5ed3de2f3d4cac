"""Refusals: what a person can do something about; each class's docstring is what that person reads."""

from __future__ import annotations


class Name(str):
    """A member's Slack id among the facts of a refusal, to be shown as a mention."""

    __slots__ = ()


class Room(str):
    """A channel's Slack id among the facts of a refusal, to be shown as a link to it."""

    __slots__ = ()


class Refusal(Exception):
    """That is not possible."""

    def __init__(self, *, field: str | None = None, **facts: object) -> None:
        self.facts = facts
        """What fills the docstring's ``{placeholders}``; the door escapes it, as it may be the person's own text."""
        self.field = field
        """The form field (a block id) at which the sentence is to be shown."""
        super().__init__(self.words(facts))

    @classmethod
    def words(cls, facts: dict[str, object]) -> str:
        """Fill the docstring's ``{placeholders}`` with the facts; this is the sentence shown to the person."""
        return " ".join((cls.__doc__ or "").split()).format(**facts)


class NotUnderstood(Refusal):
    """I did not get "{text}". Try: `{example}`."""


class ImpossibleDate(Refusal):
    """ "{text}" is not a day in the calendar. Try a date like `2027-03-31`, `friday` or `in 6 weeks`."""


class ImpossibleTime(Refusal):
    """ "{text}" is not a time of day. Try `10:00`, `14:30` or `10am`."""


# Texts and times


class UnknownZone(Refusal):
    """I do not know the time zone "{name}". Pick another one in your Slack preferences and try again."""


class ImpossibleWorkingHours(Refusal):
    """Working hours need at least one day, and an end that is an hour or more after the start."""


class UsageNotUnderstood(NotUnderstood):
    """I did not get "{text}". Try: `{example}`. The whole form: `{form}`."""


class DidYouMean(NotUnderstood):
    """I did not get "{text}". Did you mean "{nearest}"? Try: `{example}`. The whole form: `{form}`."""


class PartMissing(NotUnderstood):
    """I still need {part}. Try: `{example}`. The whole form: `{form}`."""


class PersonNotPicked(NotUnderstood):
    """I need to know who you mean: type @ and pick the person from the list Slack shows. Try: `{example}`."""


class OnePersonAtATime(NotUnderstood):
    """That works with one person at a time. Try: `{example}`."""


class ChannelNotPicked(NotUnderstood):
    """I need to know which channel: type # and pick it from the list Slack shows. Try: `{example}`."""


class OneChannelAtATime(NotUnderstood):
    """That works with one channel at a time. Try: `{example}`."""


class ImpossibleRhythm(Refusal):
    """Every {weeks} weeks is not a rhythm I can keep. Choose from every week to every {most} weeks."""


class NoSuchWeekOfMonth(Refusal):
    """Not every month has a {which} {weekday}. Choose the first, second, third, fourth or last."""


class ImpossibleDuration(Refusal):
    """ "{text}" is too short or too long for a 1-on-1. Choose from {least} to {most} minutes."""


class ImpossiblePercent(Refusal):
    """ "{text}" is not how far a goal can be. Choose a whole number from 0% to 100%."""


class DayTooEarly(Refusal):
    """{day} is too early. Choose {earliest} or a later day."""


class DayTooFarAhead(Refusal):
    """ "{text}" is too far ahead to plan for. Choose a day within the next {years} years."""


class TitleTooLong(Refusal):
    """That title has {length} characters and {most} fit. Keep it to one line; the rest can go into a note."""
