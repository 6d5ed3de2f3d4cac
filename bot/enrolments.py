"""Who takes part in buddy programmes: joining, leaving, sitting out, and where somebody stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from bot import programmes
from bot.errors import Refusal, Room
from bot.permissions import Actor, may_succeed
from bot.round_partings import parted
from bot.round_takers import lacks_role
from bot.round_times import can_be_declined
from models import round_work
from models.bulk import insert_missing
from models.members import Member
from models.programmes import IN, LEFT, MENTEE, MENTOR, MENTORING, PAUSED, Participant, Programme
from models.rounds import Round

CAPACITIES: Final = range(1, 11)
Row = tuple[int | None, str | None, str | None, datetime | None, str | None]
"""Of one who is together with the actor: the pairing, what the actor said and is in it, when they are told, and who."""


class TakesNoPart(Refusal):
    """You take no part in a buddy programme there. `/buddy` shows yours, `/buddy join` with a channel takes part."""


class NoGuests(Refusal):
    """The programme in {channel} is for full members of the workspace. Its owner can open it to guests."""


class RoleMissing(Refusal):
    """In {channel} mentors meet mentees. Say which you are: `/buddy join #channel as mentor`, or `as mentee`."""


class ImpossibleCapacity(Refusal):
    """A mentor takes 1 to 10 mentees."""


class RoundHasBegun(Refusal):
    """That round has begun. `/buddy skip` leaves you out of the next one."""


@dataclass(frozen=True)
class Together:
    """A pairing of somebody's in a round that is under way."""

    id: int
    others: Sequence[str]
    answer: str | None
    """What they said of it."""
    may_decline: bool = False
    """Whether they are the mentor, put together so short ago that they may still decline."""
    may_swap: bool = True
    """Whether they did not leave the programme, and are no mentor who may not decline any more."""


@dataclass(frozen=True)
class PactWith:
    """A pact of somebody's that stands: so long they are in no round."""

    others: tuple[str, ...]
    until: date


@dataclass(frozen=True)
class Stand:
    """Where somebody stands in a programme they take part in or own."""

    programme: Programme
    state: str | None
    """One of `models.programmes`: a pause that is over counts as in; None for an owner who takes no part."""
    paused_until: date | None
    is_unnamed: bool
    is_owner: bool
    next_at: datetime | None
    """When the next round they may be in begins; None while none is held."""
    sits_out: bool
    """Whether they sit that round out."""
    lacks_role: bool = False
    """Whether they have still to say that they are a mentor, or a mentee."""
    is_shut_out: bool = False
    """Whether they are a guest where guests may not take part, so that nobody is put together with them."""
    pairings: Sequence[Together] = ()
    """Those of the round under way."""
    pacts: Sequence[PactWith] = ()
    has_no_owner: bool = False
    """Whether its owner is no longer active, so that nobody can change it."""
    may_take_over: bool = False
    """Whether the one who looks may follow that owner."""

    @property
    def takes_part(self) -> bool:
        """Whether they are in, or paused."""
        return self.state in (IN, PAUSED)


def mine(session: Session, actor: Actor, *, today: date, now: datetime) -> list[Stand]:
    """List the programmes the actor owns or takes part in on their day; one query, or some more about their pacts.

    Of one that has ended only with whom they are together still: nobody owns it, or takes part.
    """
    whose = {"workspace_id": actor.workspace_id, "user_id": actor.user_id}
    rows = session.execute(round_work.around(), whose).all()
    is_anywhere = any(participant is not None for _, participant, *_ in rows)
    pacts = _pacts(session, actor, now) if is_anywhere else {}
    stands = {}
    for programme, participant, number, starts_at, me, owner, *_ in reversed(
        rows
    ):  # of two announced the earlier counts
        has_left = participant is None or participant.state not in (IN, PAUSED)
        theirs = [row[6:] for row in rows if row[0].id == programme.id]
        pairings = _together(theirs, now, has_left=has_left)
        has_ended = programme.ended_at is not None
        stand = _stand(
            programme,
            None if has_ended else participant,
            number,
            starts_at,
            actor=actor,
            pairings=pairings,
            pacts=pacts.get(programme.id, ()),
            today=today,
        )
        may_take_over = may_succeed(me, owner)
        stands[programme.id] = replace(
            stand,
            has_no_owner=owner.is_deactivated and not has_ended,
            may_take_over=may_take_over and not has_ended,
            is_shut_out=me.is_guest and not programme.takes_guests,
        )
    shown = (
        each for each in stands.values() if each.takes_part or each.is_owner or each.pairings or each.pacts
    )
    return sorted(shown, key=lambda each: each.programme.channel)


def _pacts(session: Session, actor: Actor, now: datetime) -> dict[int, list[PactWith]]:
    """Find the actor's pacts that stand and can go on, by programme."""
    standing = session.scalars(round_work.pacts_with(actor.workspace_id, actor.user_id)).all()
    over = parted(session, standing, now)
    found: dict[int, list[PactWith]] = {}
    for pact in standing:
        if actor.user_id in pact.people and pact.id not in over and pact.ends_on is not None:
            others = tuple(each for each in pact.people if each != actor.user_id)
            found.setdefault(pact.programme_id, []).append(PactWith(others, pact.ends_on))
    return found


def _together(rows: Sequence[Row], now: datetime, *, has_left: bool) -> list[Together]:
    """Put together the rows of a programme's pairings."""
    found: dict[int, Together] = {}
    for pairing_id, answer, role, told_at, other in rows:
        if pairing_id is None or other is None:
            continue
        others = found[pairing_id].others if pairing_id in found else ()
        if other not in others:
            is_mentor, in_time = role == MENTOR, can_be_declined(told_at, now)
            may_swap = not has_left and (in_time or not is_mentor)
            found[pairing_id] = Together(
                pairing_id, (*others, other), answer, is_mentor and in_time, may_swap
            )
    return list(found.values())


def _stand(
    programme: Programme,
    participant: Participant | None,
    number: int | None,
    starts_at: datetime | None,
    *,
    actor: Actor,
    pairings: Sequence[Together],
    pacts: Sequence[PactWith],
    today: date,
) -> Stand:
    coming = programmes.coming(programme)
    if number is None or starts_at is None or number >= programme.next_number:  # a preview announces nothing
        number, starts_at = coming.number, None if programme.held_because else coming.starts_at
    return Stand(
        programme=programme,
        state=participant.state_on(today) if participant else None,
        paused_until=participant.paused_until if participant else None,
        is_unnamed=participant is not None and participant.is_unnamed,
        is_owner=programme.owner == actor.user_id and programme.ended_at is None,
        next_at=starts_at if programme.ended_at is None else None,
        sits_out=participant is not None and participant.skips == number,
        lacks_role=participant is not None and lacks_role(programme, participant),
        pairings=pairings,
        pacts=pacts,
    )


def part_of(session: Session, actor: Actor, programme_id: int) -> tuple[Programme, Participant]:
    """Find a running programme the actor takes part in; raises TakesNoPart, also for one there is none of."""
    programme = session.scalars(Programme.by_id(actor.workspace_id, programme_id)).first()
    participant = session.scalars(Participant.one(programme_id, actor.user_id)).first()
    if programme is None or programme.ended_at is not None or participant is None:
        raise TakesNoPart
    if participant.state not in (IN, PAUSED):
        raise TakesNoPart
    return programme, participant


def join(
    session: Session,
    actor: Actor,
    programme: Programme,
    *,
    role: str | None = None,
    capacity: int | None = None,
    now: datetime,
) -> Participant:
    """Take part in a programme whose channel the actor sees; whoever does already changes their role, or resumes.

    Raises NoGuests, ImpossibleCapacity, and RoleMissing where mentors meet mentees.
    """
    member = session.get_one(Member, (actor.workspace_id, actor.user_id))
    if member.is_guest and not programme.takes_guests:
        raise NoGuests(channel=Room(programme.channel))
    participant = _participant(session, actor, programme, now)
    role = role or participant.role
    if programme.mixing == MENTORING and role not in (MENTOR, MENTEE):
        raise RoleMissing(channel=Room(programme.channel))
    if capacity is not None and capacity not in CAPACITIES:
        raise ImpossibleCapacity(field="buddies.capacity")
    participant.role = role if role in (MENTOR, MENTEE) else None
    participant.capacity = capacity or participant.capacity
    participant.skips = None
    come_back(participant)
    return participant


def leave(session: Session, actor: Actor, programme: Programme, *, now: datetime) -> Participant:
    """Take no part in a programme any more, nor be enrolled again with the channel."""
    participant = _participant(session, actor, programme, now)
    come_back(participant)
    participant.state = LEFT
    return participant


def _participant(session: Session, actor: Actor, programme: Programme, now: datetime) -> Participant:
    """Find where the actor stands, or write that they take no part yet."""
    unnamed = session.scalars(Participant.unnamed_among(actor.workspace_id, [actor.user_id])).first()
    rows = [new_row(programme, actor.user_id, is_unnamed=unnamed is not None, now=now)]
    insert_missing(session, Participant, rows)
    return session.scalars(Participant.one(programme.id, actor.user_id)).one()


def new_row(programme: Programme, user_id: str, *, is_unnamed: bool, now: datetime) -> dict[str, object]:
    """Write down that somebody is in from now on; to be inserted."""
    return {
        "programme_id": programme.id,
        "user_id": user_id,
        "workspace_id": programme.workspace_id,
        "state": IN,
        "joined_at": now,
        "is_unnamed": is_unnamed,
        "capacity": 1,
        "silent_rounds": 0,
    }


def come_back(participant: Participant) -> None:
    """Let somebody be in again, with nothing held against them."""
    participant.state, participant.paused_until, participant.paused_because = IN, None, None
    participant.silent_rounds = 0


def end_pause(participant: Participant) -> None:
    """Write that a pause is over whose day has come; the day stays, by which its end is told."""
    if participant.state == PAUSED:
        participant.state, participant.paused_because = IN, None


def sit_out(session: Session, actor: Actor, programme_id: int, *, number: int | None = None) -> datetime:
    """Leave the actor out of a round, the next to begin unless its number is given, and say when it begins.

    Raises TakesNoPart, and RoundHasBegun for the number of an earlier one.
    """
    programme, participant = part_of(session, actor, programme_id)
    coming, starts_at = next_round(session, programme)
    if number is not None and number != coming:
        raise RoundHasBegun
    participant.skips = coming
    return starts_at


def take_part_after_all(session: Session, actor: Actor, programme_id: int) -> datetime:
    """Take back that the actor sits a round out, and say when the next one begins; raises TakesNoPart."""
    programme, participant = part_of(session, actor, programme_id)
    participant.skips = None
    return next_round(session, programme)[1]


def next_round(session: Session, programme: Programme) -> tuple[int, datetime]:
    """Give number and start of the round that begins next: the announced one, else the one to come."""
    for announced in session.scalars(Round.announced(programme.id)):
        if announced.number < programme.next_number:  # else it is a preview of the one to come
            return announced.number, announced.starts_at
    coming = programmes.coming(programme)
    return coming.number, coming.starts_at


def name(session: Session, actor: Actor, *, is_unnamed: bool) -> None:
    """Let channels read the actor's name, or not, wherever they take part; raises TakesNoPart if nowhere."""
    everywhere = session.scalars(Participant.of_person(actor.workspace_id, actor.user_id)).all()
    if not everywhere:
        raise TakesNoPart
    for participant in everywhere:
        participant.is_unnamed = is_unnamed
