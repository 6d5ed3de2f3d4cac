"""Following a channel: who left it takes no part, who is in it may be enrolled, who left the programme stays out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot import programme_news
from bot.enrolments import new_row
from bot.programme_looks import look_again
from models.bulk import insert_missing, rows_of
from models.members import Member
from models.programmes import EVERYONE, GONE, IN, PAUSED, Participant, Programme
from models.rounds import Round


@dataclass(frozen=True)
class Seen:
    """Who was read to be in a channel, which takes a while, and where people stood in its programme before."""

    present: frozenset[str]
    before: Mapping[str, str]


def standing(session: Session, programme: Programme) -> dict[str, str]:
    """Say where everybody stands in a programme, by id, before it is read who is in its channel."""
    return dict(rows_of(session, Participant.states(programme.id)))


def note(
    session: Session,
    programme: Programme,
    held_because: str | None,
    seen: Seen | None,
    *,
    now: datetime,
) -> Sequence[str]:
    """Write what a look at a programme's channel has shown: what keeps it from running, or who is there.

    `seen` is None where nobody looked who is there. Names who is gone.
    """
    current = session.scalars(Programme.locked(programme.workspace_id, programme.id)).one()
    if current.ended_at is not None:
        return []
    if held_because is not None:
        programme_news.hold(session, current, held_because, now=now)
        return []
    programme_news.release(session, current, now=now)
    return follow(session, current, seen.present, now=now, before=seen.before) if seen is not None else []


@dataclass(frozen=True)
class Newcomers:
    """Who of a channel is not enrolled though everyone is to take part, and the round that goes without them."""

    people: Sequence[str]
    unheard: int | None
    """The number of a round of which others have heard and they have not."""


def newcomers(session: Session, programme: Programme, present: Collection[str]) -> Newcomers:
    """Say who of those in a channel is to be enrolled; nobody where people are asked."""
    if programme.enrolment != EVERYONE:
        return Newcomers((), None)
    rows = rows_of(session, Participant.states(programme.id))
    # Whoever is enrolled along with the first people has missed no heads-up that others got.
    unheard = _announced(session, programme) if rows else None
    return Newcomers(sorted(set(present) - {user_id for user_id, _ in rows}), unheard)


def enrol_some(
    session: Session, programme: Programme, people: Collection[str], unheard: int | None, *, now: datetime
) -> None:
    """Enrol some of many newcomers before the rest that follows from a look at the channel; nobody if it ended."""
    current = session.scalars(Programme.locked(programme.workspace_id, programme.id)).one()
    if current.ended_at is None and current.enrolment == EVERYONE:
        _enrol(session, current, people, unheard, now)


def follow(
    session: Session,
    programme: Programme,
    present: Collection[str],
    *,
    now: datetime,
    before: Mapping[str, str] | None = None,
) -> Sequence[str]:
    """Let whoever left the channel take part no longer, and enrol whoever is in it where everyone takes part.

    `present` are all in the channel; who of them is not known yet is left for the next time. Who stands elsewhere
    than `before` it was read came or left meanwhile, of which is known more than was read. Names who is gone. Eight
    statements at most.
    """
    here = set(present)
    rows = rows_of(session, Participant.states(programme.id))
    come = newcomers(session, programme, here)
    _enrol(session, programme, come.people, come.unheard, now)
    unmoved = [(each, state) for each, state in rows if before is None or before.get(each) == state]
    if gone := [each for each, state in unmoved if state in (IN, PAUSED) and each not in here]:
        session.execute(Participant.gone(programme.id, gone))
    if back := [each for each, state in unmoved if state == GONE and each in here]:
        session.execute(Participant.back(programme.id, back))
    return gone


def _announced(session: Session, programme: Programme) -> int | None:
    """Give the number of the round people have heard of and that has not begun; None if there is none."""
    waiting = session.scalars(Round.announced(programme.id))
    return next((each.number for each in waiting if each.number < programme.next_number), None)


def _enrol(
    session: Session, programme: Programme, new: Collection[str], unheard: int | None, now: datetime
) -> None:
    """Enrol people who did not ask for it; a round of which they have not heard goes without them.

    Guests stay out where they may not take part, until the owner lets them in: nobody would be put together with them.
    """
    if not new:
        return
    kinds = session.execute(Member.kinds_among(programme.workspace_id, new))
    people = sorted(
        user_id
        for user_id, is_person, is_guest in kinds
        if is_person and (programme.takes_guests or not is_guest)
    )
    look_again(session, programme, now=now)
    unnamed = set(session.scalars(Participant.unnamed_among(programme.workspace_id, people)))
    rows = [new_row(programme, each, is_unnamed=each in unnamed, now=now) for each in people]
    insert_missing(session, Participant, rows, alike={"skips": unheard})


def _may_be_in(programme: Programme, member: Member) -> bool:
    return member.is_person and (programme.takes_guests or not member.is_guest)


def unknown(session: Session, workspace_id: str, present: Collection[str]) -> set[str]:
    """Say of whom in a channel nothing is known."""
    return set(present) - {
        user_id for user_id, *_ in rows_of(session, Member.kinds_among(workspace_id, present))
    }


def is_gone(session: Session, programme: Programme, user_id: str) -> bool:
    """Whether somebody took part until they left the channel."""
    participant = session.scalars(Participant.one(programme.id, user_id)).first()
    return participant is not None and participant.state == GONE


def move(session: Session, programme: Programme, *, user_id: str, is_present: bool, now: datetime) -> None:
    """Follow one person who left the channel or came back; nothing for who left the programme, or is new.

    Who leaves where everyone takes part is written down, if known: they may just have been read to be there.
    """
    participant = session.scalars(Participant.one(programme.id, user_id)).first()
    if participant is not None:
        follows = Participant.back if is_present else Participant.gone
        session.execute(follows(programme.id, [user_id]))
        return
    member = session.get(Member, (programme.workspace_id, user_id))
    if (
        programme.enrolment == EVERYONE
        and not is_present
        and member is not None
        and _may_be_in(programme, member)
    ):
        unnamed = session.scalars(Participant.unnamed_among(programme.workspace_id, [user_id])).first()
        row = new_row(programme, user_id, is_unnamed=unnamed is not None, now=now)
        insert_missing(session, Participant, [{**row, "state": GONE}])
