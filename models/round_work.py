"""What rounds are asked besides their rows: what a beat looks for, and what steps of thousands of people need."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Update, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import aliased

from models.base import UtcDateTime
from models.bulk import one_of, which_exist
from models.members import Member
from models.one_on_ones import OneOnOne
from models.pacts import STANDING as PACT_STANDS
from models.pacts import Pact
from models.programmes import GONE, IN, LEFT, MENTOR, PAUSED, Participant, Programme
from models.rounds import ANNOUNCED, MATCHED, MET, PREVIEWED, STANDING, LeftOver, Pairing, Partner, Round


@cache
def due() -> Select[*tuple[bool, ...]]:
    """Select of what there is a step to take by the moment `people_now`, built once as every beat asks it.

    These are programmes, rounds, matchings, pairings to be mended, and pacts.
    """
    people_now = bindparam("people_now", type_=UtcDateTime)
    return which_exist(
        Programme.due_ids(people_now),
        Round.due_ids(people_now),
        Round.to_match(),
        Pairing.broken_ids(),
        Pact.due_ids(people_now),
    )


def starts_of(programme_ids: Collection[int], moment: datetime) -> Select[int, int, datetime]:
    """Select when the rounds of these programmes begin that have not by a moment: rows of programme, number, start."""
    waiting = select(Round.programme_id, Round.number, Round.starts_at)
    waiting = waiting.where(one_of(Round.programme_id, programme_ids), Round.starts_at > moment)
    return waiting.where(Round.state.in_((ANNOUNCED, PREVIEWED)))


def people(workspace_id: str, user_ids: Collection[str]) -> Select[Member]:
    """Select these members, however many they are."""
    return select(Member).where(Member.workspace_id == workspace_id, one_of(Member.user_id, user_ids))


def out_of_reach(workspace_id: str, people_now: datetime) -> Select[str]:
    """Select the ids of those who asked for silence, or are away, at this moment."""
    is_pausing = Member.is_paused & or_(Member.paused_until.is_(None), Member.paused_until > people_now)
    is_absent = Member.is_away & or_(Member.away_until.is_(None), Member.away_until > people_now)
    return select(Member.user_id).where(Member.workspace_id == workspace_id, or_(is_pausing, is_absent))


def met_since(programme_id: int, since: int, before: int) -> Select[int, int, str]:
    """Select who was put together from one round on and before another: rows of round, pairing and person."""
    rounds = select(Round.id).where(
        Round.programme_id == programme_id, Round.number >= since, Round.number < before
    )
    found = select(Partner.number, Partner.pairing_id, Partner.user_id)
    # By way of the rounds: an index over the partners of a programme leads through all there ever were.
    return found.join(Pairing, Pairing.id == Partner.pairing_id).where(Pairing.round_id.in_(rounds))


def led(workspace_id: str, user_ids: Collection[str]) -> Select[str, str]:
    """Select which two of these people have a standing 1-on-1 in which the report confirmed who the manager is."""
    found = select(OneOnOne.organiser, OneOnOne.partner).where(OneOnOne.workspace_id == workspace_id)
    found = found.where(OneOnOne.ended_at.is_(None), OneOnOne.manager.is_not(None))
    found = found.where(OneOnOne.is_manager_confirmed)
    return found.where(one_of(OneOnOne.organiser, user_ids), one_of(OneOnOne.partner, user_ids))


def last_met_before(programme_id: int, number: int, user_ids: Collection[str]) -> Select[*tuple[Any, ...]]:
    """Select which two of these people met before a round: rows of both, the smaller id first, and the last round."""
    other = aliased(Partner)
    both = and_(other.pairing_id == Partner.pairing_id, other.user_id > Partner.user_id)
    met = select(Partner.user_id, other.user_id, func.max(Partner.number)).join(other, both)
    met = met.where(Partner.programme_id == programme_id, Partner.number < number)
    met = met.where(one_of(Partner.user_id, user_ids), one_of(other.user_id, user_ids))
    return met.group_by(Partner.user_id, other.user_id)


def unsettled(programme_id: int, before: int) -> Select[Round]:
    """Select a programme's rounds under way before another of whose people it is not counted yet who was silent."""
    mine = select(Round).where(Round.programme_id == programme_id, Round.number < before)
    return mine.where(Round.state == MATCHED, Round.silence_counted_at.is_(None)).order_by(Round.number)


def said(round_id: int) -> Select[int, str, str | None, str, datetime | None, int]:
    """Select what was said in a round.

    Rows are pairing, person, what they said, its state, when it was made, and its place in the round.
    """
    said = Partner.pairing_id, Partner.user_id, Partner.answer
    found = select(*said, Pairing.state, Pairing.made_at, Pairing.place)
    return found.join(Pairing, Pairing.id == Partner.pairing_id).where(Pairing.round_id == round_id)


def places(round_id: int) -> Select[int]:
    """Select the places of a round that are taken already."""
    return select(Pairing.place).where(Pairing.round_id == round_id)


def together(programme_id: int, round_id: int, user_ids: Collection[str]) -> Select[int, str]:
    """Select which of these people are in pairings of a round that stand: rows of pairing and person."""
    found = select(Partner.pairing_id, Partner.user_id).where(Partner.programme_id == programme_id)
    # A question of its own about each: a join would begin with all pairings of the round.
    mine = Pairing.id == Partner.pairing_id, Pairing.round_id == round_id, Pairing.state == STANDING
    return found.where(one_of(Partner.user_id, user_ids), select(Pairing.id).where(*mine).exists())


def beside(
    programme_ids: Collection[int], round_ids: Collection[int], user_ids: Collection[str]
) -> Select[int, str, int, str]:
    """Select with whom these people are together in rounds: rows of round, person, pairing and each other one."""
    other = aliased(Partner)
    both = and_(other.pairing_id == Partner.pairing_id, other.user_id != Partner.user_id)
    found = select(Pairing.round_id, Partner.user_id, Pairing.id, other.user_id).join(other, both)
    found = found.join(Pairing, Pairing.id == Partner.pairing_id).where(Pairing.state == STANDING)
    found = found.where(one_of(Partner.programme_id, programme_ids), one_of(Partner.user_id, user_ids))
    return found.where(one_of(Pairing.round_id, round_ids)).order_by(Pairing.id, other.user_id)


def break_lost(round_id: int) -> Update:
    """Mark the pairings of a round to be mended in which nobody said that they met and somebody is not there any more.

    That is who left the programme, its channel or the workspace; whoever pauses or is away comes back.
    """
    standing = select(Pairing.id).where(Pairing.round_id == round_id, Pairing.state == STANDING)
    mine = select(Partner.pairing_id).where(Partner.pairing_id.in_(standing))
    part = and_(Participant.programme_id == Partner.programme_id, Participant.user_id == Partner.user_id)
    account = and_(Member.workspace_id == Partner.workspace_id, Member.user_id == Partner.user_id)
    lost = mine.join(Participant, part).join(Member, account)
    lost = lost.where(or_(Participant.state.in_((LEFT, GONE)), Member.is_deactivated))
    broken = update(Pairing).where(Pairing.id.in_(lost), Pairing.id.not_in(mine.where(Partner.answer == MET)))
    return broken.values(is_broken=True).execution_options(synchronize_session=False)


def without_partner(programme_id: int, round_id: int, number: int) -> Select[str]:
    """Select who takes part in a programme, does not sit a round out, and is in no pairing of it that stands, by id."""
    pairings = select(Pairing.id).where(Pairing.round_id == round_id, Pairing.state == STANDING)
    placed = select(Partner.user_id).where(Partner.pairing_id.in_(pairings))
    mine = select(Participant.user_id).where(Participant.programme_id == programme_id)
    mine = mine.where(Participant.state.in_((IN, PAUSED)), Participant.user_id.not_in(placed))
    # Who sits a later one out may have sat this one out before: only the last is known.
    takes_part = or_(Participant.skips.is_(None), Participant.skips < number)
    was_in = Participant.user_id.in_(select(LeftOver.user_id).where(LeftOver.round_id == round_id))
    return mine.where(or_(takes_part, was_in)).order_by(Participant.user_id)


def mentors_with_room(programme_id: int, round_id: int) -> Select[str]:
    """Select the mentors of a programme who could take one more mentee in a round, by id."""
    taken = select(func.count()).select_from(Partner).join(Pairing, Pairing.id == Partner.pairing_id)
    taken = taken.where(Partner.workspace_id == Participant.workspace_id)
    taken = taken.where(Partner.user_id == Participant.user_id, Partner.role == MENTOR)
    taken = taken.where(Pairing.round_id == round_id, Pairing.state == STANDING)
    mentors = select(Participant.user_id).where(
        Participant.programme_id == programme_id, Participant.role == MENTOR
    )
    return mentors.where(taken.scalar_subquery() < Participant.capacity).order_by(Participant.user_id)


def pacts_of(programme_id: int, user_ids: Collection[str]) -> Select[Pact]:
    """Select the pacts of a programme that stand and have one of these people in them."""
    theirs = select(Partner.pairing_id).where(
        Partner.programme_id == programme_id, one_of(Partner.user_id, user_ids)
    )
    return select(Pact).where(Pact.state == PACT_STANDS, Pact.pairing_id.in_(theirs))


def pacts_among(workspace_id: str, user_ids: Collection[str]) -> Select[Pact]:
    """Select the pacts that stand and came of a pairing with one of these people in it, by programme."""
    theirs = select(Partner.pairing_id).where(Partner.workspace_id == workspace_id)
    standing = select(Pact).where(Pact.state == PACT_STANDS)
    standing = standing.where(Pact.pairing_id.in_(theirs.where(one_of(Partner.user_id, user_ids))))
    return standing.order_by(Pact.programme_id, Pact.id)


def with_pacts(programme_ids: Collection[int], user_ids: Collection[str]) -> Select[int]:
    """Select in which of these programmes one of these people is, or was, in a pairing of which a pact stands."""
    theirs = select(Partner.pairing_id).where(one_of(Partner.programme_id, programme_ids))
    standing = select(Pact.programme_id).where(Pact.state == PACT_STANDS).distinct()
    return standing.where(Pact.pairing_id.in_(theirs.where(one_of(Partner.user_id, user_ids))))


def pacts_with(workspace_id: str | ColumnElement[str], user_id: str | ColumnElement[str]) -> Select[Pact]:
    """Select the pacts that stand of which a person is, or was in the pairing they came of, by pairing."""
    theirs = select(Partner.pairing_id).where(
        Partner.workspace_id == workspace_id, Partner.user_id == user_id
    )
    standing = select(Pact).where(Pact.state == PACT_STANDS, Pact.pairing_id.in_(theirs))
    return standing.order_by(Pact.pairing_id)


@cache
def around() -> Select[
    Programme,
    Participant | None,
    int | None,
    datetime | None,
    Member,
    Member,
    int | None,
    str | None,
    str | None,
    datetime | None,
    str | None,
]:
    """Select the running programmes that a person owns or ever took part in, by channel.

    Of those that have ended also where the person is together with somebody still. Rows are the programme, where they
    stand in it, number and start of a round that is announced, the person, the owner, and of each who is together with
    the person in a round under way: the pairing, what the person said of it, as what they are in it, when they are
    told, and the other. It takes `workspace_id` and `user_id` by name, and is built once, for that takes long.
    """
    workspace_id, user_id = bindparam("workspace_id", type_=String), bindparam("user_id", type_=String)
    mine = and_(Participant.programme_id == Programme.id, Participant.user_id == user_id)
    waiting = and_(Round.programme_id == Programme.id, Round.state.in_((ANNOUNCED, PREVIEWED)))
    together = Partner.buddies_of(workspace_id, user_id).subquery()
    me, owner = aliased(Member), aliased(Member)
    columns = Programme, Participant, Round.number, Round.starts_at, me, owner
    found = select(*columns, *list(together.c)[1:])
    found = found.join(me, and_(me.workspace_id == Programme.workspace_id, me.user_id == user_id))
    is_owner = and_(owner.workspace_id == Programme.workspace_id, owner.user_id == Programme.owner)
    found = found.join(owner, is_owner)
    found = found.outerjoin(Participant, mine).outerjoin(Round, waiting)
    found = found.outerjoin(together, together.c.programme_id == Programme.id)
    is_theirs = or_(Programme.owner == user_id, Participant.user_id.is_not(None))
    in_pacts = pacts_with(workspace_id, user_id).with_only_columns(Pact.programme_id).order_by(None)
    goes_on = or_(together.c.pairing_id.is_not(None), Programme.id.in_(in_pacts))
    is_seen = or_(and_(Programme.ended_at.is_(None), is_theirs), goes_on)
    seen = found.where(Programme.workspace_id == workspace_id, is_seen)
    return seen.order_by(Programme.channel, Round.number, together.c.pairing_id, together.c.user_id)


def weary(programme_id: int, user_ids: Collection[str], at_least: int) -> Select[str]:
    """Select who of these takes part and was silent for so many rounds in a row, by id."""
    mine = select(Participant.user_id).where(Participant.programme_id == programme_id)
    mine = mine.where(Participant.state == IN, Participant.silent_rounds >= at_least)
    return mine.where(one_of(Participant.user_id, user_ids)).order_by(Participant.user_id)


def _those(programme_id: int, user_ids: Collection[str]) -> Update:
    chosen = update(Participant).where(
        Participant.programme_id == programme_id, one_of(Participant.user_id, user_ids)
    )
    # None of these is held by a session that goes on.
    return chosen.execution_options(synchronize_session=False)


def pause_weary(programme_id: int, user_ids: Collection[str], at_least: int, *, because: str) -> Update:
    """Pause who of these takes part and was silent for so many rounds in a row, and count one more; gives their ids."""
    mine = _those(programme_id, user_ids).where(Participant.state == IN)
    mine = mine.where(Participant.silent_rounds >= at_least).returning(Participant.user_id)
    count = Participant.silent_rounds + 1
    return mine.values(state=PAUSED, paused_until=None, paused_because=because, silent_rounds=count)


def count_silence(programme_id: int, user_ids: Collection[str], *, but_because: str) -> Update:
    """Count one more silent round for these, but for those who are paused for this reason."""
    is_paused = and_(Participant.state == PAUSED, Participant.paused_because == but_because)
    mine = _those(programme_id, user_ids).where(or_(Participant.paused_because.is_(None), ~is_paused))
    return mine.values(silent_rounds=Participant.silent_rounds + 1)


def forget_silence(programme_id: int, user_ids: Collection[str]) -> Update:
    """Let these have said something."""
    return _those(programme_id, user_ids).where(Participant.silent_rounds > 0).values(silent_rounds=0)


def end_pauses(programme_id: int, user_ids: Collection[str]) -> Update:
    """Write that the pauses of these are over; the day stays, by which its end is told."""
    mine = _those(programme_id, user_ids).where(Participant.state == PAUSED)
    return mine.values(state=IN, paused_because=None)


def note_left_over(programme_id: int, user_ids: Collection[str], number: int) -> Update:
    """Remember of these that a round had nobody for them."""
    return _those(programme_id, user_ids).values(left_over_in=number)


def note_three(programme_id: int, user_ids: Collection[str], number: int) -> Update:
    """Remember of these that they were in a larger group than meant in a round."""
    return _those(programme_id, user_ids).values(three_in=number)
