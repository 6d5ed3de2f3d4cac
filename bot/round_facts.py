"""What is told about a round: values for the messages, read with the day's data and written nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final, get_args

from bot.matching.results import Reason, Relaxation, WhyLeftOver

NAMED: Final = {
    kind.__name__: kind for closed in (Reason, WhyLeftOver, Relaxation) for kind in get_args(closed)
}


def written(value: Reason | Relaxation) -> dict[str, Any]:
    """Write a reason or a relaxation as the JSON that is stored."""
    return {"kind": type(value).__name__, **asdict(value)}


def read(rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    """Read what was written; what a later version wrote is left out."""
    return tuple(_value(**row) for row in rows if row.get("kind") in NAMED)


def _value(kind: str, **held: Any) -> Any:
    return NAMED[kind](
        **{name: tuple(each) if isinstance(each, list) else each for name, each in held.items()}
    )


@dataclass(frozen=True)
class HeadsUp:
    """A round is near."""

    round_id: int
    channel: str
    starts_at: datetime
    zone: str
    """The receiver's."""


@dataclass(frozen=True)
class Buddy:
    """One of those who were put together, as the others are told."""

    user_id: str
    department: str | None = None


@dataclass(frozen=True)
class Introduction:
    """A pairing, as those in it see it."""

    pairing_id: int
    channel: str
    until: date
    zone: str
    """The programme's, for readers whose client knows none."""
    buddies: tuple[Buddy, ...]
    reasons: tuple[Reason, ...]
    times: tuple[datetime, ...]
    question: str | None
    mentor: str | None = None
    may_decline: bool = False
    met: tuple[str, ...] = ()
    """Who said that they met."""

    @property
    def has_met(self) -> bool:
        """Whether one of them said so."""
        return bool(self.met)


@dataclass(frozen=True)
class Closing:
    """A round that ends, as one of a pairing sees it."""

    pairing_id: int
    others: tuple[str, ...]
    channel: str
    until: date
    may_decline: bool = False
    may_swap: bool = True
    """Whether it is not too late for a mentor to want somebody else."""


@dataclass(frozen=True)
class Announcement:
    """A part of what a channel reads about a round."""

    channel: str
    groups: tuple[tuple[str, ...], ...]
    """Those whose names may be read."""
    part: int
    parts: int
    unnamed: int
    """How many groups of the whole round are left out here."""
    count: int
    """How many people were put together, in the whole round."""
    next_on: date | None
    is_mentoring: bool


@dataclass(frozen=True)
class Nobody:
    """Somebody for whom there was nobody, and where."""

    channel: str
    why: WhyLeftOver | None
    next_on: date | None


@dataclass(frozen=True)
class LeftOut:
    """Somebody who heard of a round and is not in it, as the settings became others."""

    channel: str
    lacks_role: bool
    """Whether they have to say that they are a mentor, or a mentee; else they are a guest."""
    next_on: date | None


@dataclass(frozen=True)
class TooFew:
    """A round that brought nobody together."""

    channel: str
    is_owner: bool
    count: int
    """How many took part."""
    next_on: date | None
    are_in_pacts: bool = False
    """Whether others go on together by a pact."""
    is_mentoring: bool = False


@dataclass(frozen=True)
class Silenced:
    """A pause after three silent rounds."""

    channel: str
    programme_id: int


@dataclass(frozen=True)
class Changed:
    """A round that did not go out as previewed."""

    channel: str
    gone: tuple[str, ...]
    """Who left, as far as anybody may know."""
    anew: int
    """How many groups go out that were not previewed."""


@dataclass(frozen=True)
class PactFacts:
    """A pact, as its people or one of them see it."""

    pact_id: int
    pairing_id: int
    others: tuple[str, ...]
    """All, where it is told to all."""
    channel: str
    weeks: int
    day: int = 0
    """The day of the pact whose prompt this is, or brings besides; 0 for none."""
    is_again: bool = False
    """Whether it follows upon a pact of the same people."""
    is_parted: bool = False
    """Whether they cannot go on together."""
    has_next: bool = True
    """Whether another round comes for the receiver."""


@dataclass(frozen=True)
class Parted:
    """A pairing that came to nothing, as the one who is left sees it."""

    channel: str
    others: tuple[str, ...]
    """Those of them who are gone from it."""
    is_unreachable: bool
    """Whether Slack would not open a conversation with all of them: then they may still write to each other."""
    next_on: date | None
    now_with: tuple[str, ...] | None = None
    """Whom they went on with; None where nobody else was free, and empty if that is over as well by now."""


@dataclass(frozen=True)
class Preview:
    """A round as it would be sent."""

    round_id: int
    channel: str
    starts_at: datetime
    zone: str
    groups: tuple[tuple[tuple[str, ...], tuple[Reason, ...]], ...]
    left_over: tuple[tuple[str, WhyLeftOver], ...]
    relaxations: tuple[Relaxation, ...]
    is_proven: bool
    more: int = 0
    """How many groups are not listed, as no message has room for so many."""
