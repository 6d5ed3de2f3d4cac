"""How a programme goes, for its owner and nobody else: figures of its rounds, who was left over, ties that came of it.

What somebody keeps to themselves is not in it: pauses, exclusions, and what they said. Whether people met is counted by
round, told of no two of them by name, and of no round of fewer than five, whose count would say it of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from bot.errors import Refusal
from bot.matching.results import Relaxation, WhyLeftOver
from bot.permissions import Actor, NotYourProgramme, require_owner
from bot.programme_tallies import Group, Tally, Unmet, groups, tally, unmet
from bot.round_facts import NAMED, read
from bot.ties import FEWEST, Ties
from models import programme_reports as asked
from models.bulk import rows_of
from models.programmes import Programme
from models.rounds import CANCELLED, CLOSED, MET, Round

ROUNDS_A_PAGE: Final = 12
GROUPS_A_PAGE: Final = 100
PEOPLE_A_PAGE: Final = 200
LISTED: Final = 40
"""So many people left over, and relaxations, are listed of one round; the rest is counted."""
PEOPLE_A_QUERY: Final = 50_000
"""So many people of rounds are asked for at once: the store gives up a question that takes it two seconds."""


class NoSuchPage(Refusal):
    """There is nothing more to show there. Open it again from `/buddy`."""


@dataclass(frozen=True)
class Figures:
    """How a round went."""

    round_id: int
    number: int
    on: date
    placed: int
    """How many people are in its groups."""
    met: int | None
    """How many of them met; None where they are too few to be counted."""
    left_over: int
    is_over: bool
    is_called_off: bool
    """Whether it brought nobody together, as there were not two."""

    @property
    def took_part(self) -> int:
        """How many people were in it."""
        return self.placed + self.left_over


@dataclass(frozen=True)
class Overview:
    """How a programme goes, over all its rounds."""

    programme_id: int
    channel: str
    participants: int
    """How many take part today, whether or not in the next round."""
    rounds: tuple[Figures, ...]
    """Some of them, the newest first."""
    skipped: int
    """How many newer ones stand before these."""
    count: int
    """How many rounds there were."""
    placed: int
    met: int
    """Over all rounds that are over and of which it is told: what is not told of one is in no total either."""
    latest: int
    """The number of the last round that was held; 0 before the first."""
    ties: Ties


@dataclass(frozen=True)
class RoundReport:
    """How one round went."""

    programme_id: int
    channel: str
    figures: Figures
    unmet: tuple[Unmet, ...]
    """Empty where nothing can be said of it without giving somebody away."""
    groups: tuple[tuple[str, ...], ...]
    """Who is together in some of those that stand."""
    skipped: int
    """How many groups stand before these."""
    count: int
    """How many groups there are."""
    left_over: tuple[tuple[str, WhyLeftOver | None], ...]
    relaxations: tuple[Relaxation, ...]
    relaxed: int
    """How many relaxations there are; some of them are listed."""
    ties: Ties


def owned(session: Session, actor: Actor, programme_id: int) -> Programme:
    """Find a programme of the actor's, also one that has ended; raises NotYourProgramme."""
    return require_owner(actor, session.scalars(Programme.by_id(actor.workspace_id, programme_id)).first())


def owned_round(session: Session, actor: Actor, round_id: int) -> tuple[Programme, Round]:
    """Find a round of a programme of the actor's; raises NotYourProgramme."""
    found = session.scalars(Round.by_id(actor.workspace_id, round_id)).first()
    if found is None:
        raise NotYourProgramme
    return owned(session, actor, found.programme_id), found


@dataclass(frozen=True)
class _Known:
    """What all reports are made of."""

    rounds: Sequence[Any]
    """Rows of the rounds that were held, the newest first."""
    names: Mapping[str, str]
    departments: Mapping[str, str]


def _known(session: Session, programme: Programme) -> _Known:
    rounds = rows_of(session, asked.rounds_held(programme.id))
    people = rows_of(session, asked.ever_taking_part(programme.id))
    return _Known(
        rounds,
        names={user_id: name for user_id, name, _ in people},
        departments={user_id: department for user_id, _, department in people if department},
    )


def _groups(session: Session, known: _Known) -> Iterator[Group]:
    """Read all groups, the oldest round first; one query, but for programmes of very many people."""
    ids = [row.id for row in reversed(known.rounds)]
    at_once = max(1, PEOPLE_A_QUERY // max(len(known.names), 1))
    for start in range(0, len(ids), at_once):
        yield from groups(rows_of(session, asked.answers(ids[start : start + at_once])))


def _figures(session: Session, programme: Programme, known: _Known, counted: Tally) -> list[Figures]:
    over = dict(rows_of(session, asked.left_over_counts(programme.id)))
    return [_of_round(row, counted, over.get(row.number, 0)) for row in known.rounds]


def _of_round(row: Any, counted: Tally, left_over: int) -> Figures:
    said: Mapping[str, int] = counted.said.get(row.number, {})
    placed = sum(said.values())
    return Figures(
        round_id=row.id,
        number=row.number,
        on=row.on,
        placed=placed,
        met=said.get(MET, 0) if placed >= FEWEST else None,
        left_over=left_over,
        is_over=row.state == CLOSED,
        is_called_off=row.state == CANCELLED,
    )


def overview(session: Session, actor: Actor, programme_id: int, *, skip: int = 0) -> Overview:
    """Say how a programme of the actor's goes, in six queries; raises NotYourProgramme and NoSuchPage."""
    programme = owned(session, actor, programme_id)
    known = _known(session, programme)
    if skip and skip >= len(known.rounds):
        raise NoSuchPage
    counted = tally(_groups(session, known), known.departments)
    every = _figures(session, programme, known, counted)
    over = [(each.placed, each.met) for each in every if each.is_over and each.met is not None]
    return Overview(
        programme_id=programme.id,
        channel=programme.channel,
        participants=session.scalars(asked.taking_part(programme)).one(),
        rounds=tuple(every[skip : skip + ROUNDS_A_PAGE]),
        skipped=skip,
        count=len(every),
        placed=sum(placed for placed, _ in over),
        met=sum(met for _, met in over),
        latest=max((each.number for each in every if not each.is_called_off), default=0),
        ties=counted.ties(known.departments),
    )


@dataclass(frozen=True)
class Participants:
    """Who takes part in a programme today."""

    programme_id: int
    channel: str
    people: tuple[str, ...]
    """Some of them, by name."""
    skipped: int
    """How many stand before these."""
    count: int


def participants(session: Session, actor: Actor, programme_id: int, *, skip: int = 0) -> Participants:
    """List who takes part in a programme of the actor's, three queries; raises NotYourProgramme and NoSuchPage.

    Who pauses is listed like everybody else: a name that came and went would say so of them.
    """
    programme = owned(session, actor, programme_id)
    count = session.scalars(asked.taking_part(programme)).one()
    if skip and skip >= count:
        raise NoSuchPage
    shown = rows_of(session, asked.participants(programme, skip, PEOPLE_A_PAGE))
    return Participants(programme.id, programme.channel, tuple(who for who, _ in shown), skip, count)


def round_report(session: Session, actor: Actor, round_id: int, *, skip: int = 0) -> RoundReport:
    """Say how a round of a programme of the actor's went, in seven queries; raises NotYourProgramme and NoSuchPage."""
    programme, held = owned_round(session, actor, round_id)
    known = _known(session, programme)
    counted = tally(_groups(session, known), known.departments, keep=held.number)
    if skip and skip >= len(counted.kept):
        raise NoSuchPage
    over = dict(rows_of(session, asked.left_over_counts(programme.id)))
    relaxations = read((held.record or {}).get("relaxations", ()))
    seen = sorted(counted.kept, key=lambda group: group.place)
    return RoundReport(
        programme_id=programme.id,
        channel=programme.channel,
        figures=_of_round(held, counted, over.get(held.number, 0)),
        unmet=unmet(counted.said.get(held.number, {})),
        groups=tuple(tuple(each.answers) for each in seen[skip : skip + GROUPS_A_PAGE]),
        skipped=skip,
        count=len(seen),
        left_over=tuple(
            (who, why_of(reason)) for who, reason in rows_of(session, asked.left_over(held.id, LISTED))
        ),
        relaxations=relaxations[:LISTED],
        relaxed=len(relaxations),
        ties=counted.ties(known.departments),
    )


def why_of(reason: str) -> WhyLeftOver | None:
    """Read why somebody was left over; None for what a later version wrote."""
    why: WhyLeftOver | None = NAMED[reason]() if reason in NAMED else None
    return why


@dataclass(frozen=True)
class Line:
    """Somebody in a round, as it is exported."""

    number: int
    on: date
    group: int | None
    """None if they were left over."""
    name: str
    why: WhyLeftOver | None = None


@dataclass(frozen=True)
class Exported:
    """All that leaves as files."""

    channel: str
    rounds: tuple[Figures, ...]
    people: Iterable[Line]
    ties: Ties
    participants: tuple[str, ...]
    """The names of those who take part today."""


def exported(session: Session, actor: Actor, programme_id: int) -> Exported:
    """Read all that an owner may take with them, in seven queries; raises NotYourProgramme."""
    programme = owned(session, actor, programme_id)
    known = _known(session, programme)
    every = list(_groups(session, known))
    counted = tally(every, known.departments)
    figures = _figures(session, programme, known, counted)
    over = rows_of(session, asked.all_left_over(programme.id))
    lines = _lines(every, over, known, {each.number: each.on for each in figures})
    ties, names = counted.ties(known.departments), rows_of(session, asked.participants(programme))
    return Exported(
        programme.channel, tuple(reversed(figures)), lines, ties, tuple(name for _, name in names)
    )


def _lines(
    every: Iterable[Group], over: Iterable[Any], known: _Known, days: Mapping[int, date]
) -> Iterator[Line]:
    """Give a line for each person in a group that stands, then one for each who was left over."""
    names = known.names
    for group in every:
        for who in group.answers if group.stands else ():
            yield Line(group.number, days[group.number], group.place, names.get(who, who))
    for number, who, reason in over:
        if number in days:
            yield Line(number, days[number], None, names.get(who, who), why_of(reason))
