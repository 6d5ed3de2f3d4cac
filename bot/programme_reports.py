"""How a programme goes, for its owner and nobody else: figures of its rounds, who was left over, ties that came of it.

What somebody keeps to themselves is not in it: pauses, exclusions, and what one person said beyond that they met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from bot.errors import Refusal
from bot.matching.results import Relaxation, WhyLeftOver
from bot.permissions import Actor, NotYourProgramme, require_owner
from bot.round_facts import NAMED, read
from bot.ties import Meeting, Ties, put_together, ties
from models import programme_reports as asked
from models.buddies import CANCELLED, CLOSED, MET, NOT_YET, SWAP, Programme, Round
from models.bulk import rows_of

SILENT: Final = "silent"
SAID: Final = {asked.NOT_YET_CODE: NOT_YET, asked.SWAP_CODE: SWAP, asked.SILENT_CODE: SILENT}
ROUNDS_A_PAGE: Final = 12
GROUPS_A_PAGE: Final = 100
LISTED: Final = 40
"""So many people left over, and relaxations, are listed of one round; the rest is counted."""


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
    met: int
    """How many of them met."""
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
    """Over all rounds that are over."""
    latest: int
    """The number of the last round that was held; 0 before the first."""
    ties: Ties


@dataclass(frozen=True)
class Unmet:
    """How many of those who did not meet said one of these things: put together, where few said one of them."""

    said: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Seen:
    """A group of a round."""

    people: tuple[str, ...]
    has_met: bool


@dataclass(frozen=True)
class RoundReport:
    """How one round went."""

    programme_id: int
    channel: str
    figures: Figures
    unmet: tuple[Unmet, ...]
    """Empty where nothing can be said of it without giving somebody away."""
    groups: tuple[Seen, ...]
    """Some of them."""
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


def overview(session: Session, actor: Actor, programme_id: int, *, skip: int = 0) -> Overview:
    """Say how a programme of the actor's goes, in seven queries; raises NotYourProgramme and NoSuchPage."""
    programme = owned(session, actor, programme_id)
    every = all_figures(session, programme)
    if skip and skip >= len(every):
        raise NoSuchPage
    over = [each for each in every if each.is_over]
    return Overview(
        programme_id=programme.id,
        channel=programme.channel,
        participants=session.scalars(asked.taking_part(programme.id)).one(),
        rounds=tuple(every[skip : skip + ROUNDS_A_PAGE]),
        skipped=skip,
        count=len(every),
        placed=sum(each.placed for each in over),
        met=sum(each.met for each in over),
        latest=max((each.number for each in every if not each.is_called_off), default=0),
        ties=ties_of(session, programme),
    )


def all_figures(session: Session, programme: Programme) -> list[Figures]:
    """Count all rounds of a programme, the newest first."""
    codes: dict[int, dict[int, int]] = {}
    for number, code, count in rows_of(session, asked.outcomes(programme.id)):
        codes.setdefault(number, {})[code] = count
    over = dict(rows_of(session, asked.left_over_counts(programme.id)))
    return [
        _figures(row, codes.get(row.number, {}), over.get(row.number, 0))
        for row in rows_of(session, asked.rounds_held(programme.id))
    ]


def _figures(row: Any, codes: Mapping[int, int], left_over: int) -> Figures:
    return Figures(
        round_id=row.id,
        number=row.number,
        on=row.on,
        placed=sum(codes.values()),
        met=codes.get(asked.MET_CODE, 0),
        left_over=left_over,
        is_over=row.state == CLOSED,
        is_called_off=row.state == CANCELLED,
    )


def ties_of(session: Session, programme: Programme) -> Ties:
    """Find the ties between departments that came of a programme, by the departments of today."""
    people = dict(rows_of(session, asked.departments(programme.id)))
    meetings = (Meeting(*row) for row in rows_of(session, asked.meetings(programme.id)))
    return ties(meetings, people)


def round_report(session: Session, actor: Actor, round_id: int, *, skip: int = 0) -> RoundReport:
    """Say how a round of a programme of the actor's went, in ten queries; raises NotYourProgramme and NoSuchPage."""
    programme, held = owned_round(session, actor, round_id)
    count = session.scalars(asked.count_groups(held.id)).one()
    if skip and skip >= count:
        raise NoSuchPage
    codes = {code: many for _, code, many in rows_of(session, asked.outcomes(programme.id, held.number))}
    over = dict(rows_of(session, asked.left_over_counts(programme.id)))
    relaxations = read((held.record or {}).get("relaxations", ()))
    return RoundReport(
        programme_id=programme.id,
        channel=programme.channel,
        figures=_figures(held, codes, over.get(held.number, 0)),
        unmet=unmet(codes),
        groups=_groups(session, held.id, skip),
        skipped=skip,
        count=count,
        left_over=tuple(
            (who, why_of(reason)) for who, reason in rows_of(session, asked.left_over(held.id, LISTED))
        ),
        relaxations=relaxations[:LISTED],
        relaxed=len(relaxations),
        ties=ties_of(session, programme),
    )


def unmet(codes: Mapping[int, int]) -> tuple[Unmet, ...]:
    """Say what those said who did not meet, of none of whom it is to be known.

    A count of nobody tells as much as one of everybody, so it is put together with others as a small one is.
    """
    counts = {said: codes.get(code, 0) for code, said in SAID.items()}
    joined = put_together(counts)
    if len(joined) == len(counts):
        return ()
    apart = [Unmet((said,), count) for said, count in counts.items() if said not in joined]
    together = tuple(said for said in counts if said in joined)
    return (*apart, Unmet(together, sum(counts[said] for said in together))) if together else tuple(apart)


def _groups(session: Session, round_id: int, skip: int) -> tuple[Seen, ...]:
    chosen = session.scalars(asked.groups(round_id, skip=skip, limit=GROUPS_A_PAGE)).all()
    people: dict[int, list[str]] = {pairing_id: [] for pairing_id in chosen}
    met = set[int]()
    for pairing_id, user_id, answer in rows_of(session, asked.partners(chosen)):
        people[pairing_id].append(user_id)
        if answer == MET:
            met.add(pairing_id)
    return tuple(Seen(tuple(team), pairing_id in met) for pairing_id, team in people.items())


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
    has_met: bool
    why: WhyLeftOver | None = None


@dataclass(frozen=True)
class Exported:
    """All that leaves as files."""

    channel: str
    rounds: tuple[Figures, ...]
    people: Iterable[Line]
    ties: Ties


def exported(session: Session, actor: Actor, programme_id: int) -> Exported:
    """Read all that an owner may take with them, in eight queries; raises NotYourProgramme."""
    programme = owned(session, actor, programme_id)
    placed = rows_of(session, asked.everybody(programme.id))
    over = rows_of(session, asked.all_left_over(programme.id))
    lines = [Line(row.number, row.on, row.place, row.name, row.has_met) for row in placed]
    lines += [Line(row.number, row.on, None, row.name, False, why_of(row.reason)) for row in over]
    every = reversed(all_figures(session, programme))
    return Exported(programme.channel, tuple(every), lines, ties_of(session, programme))
