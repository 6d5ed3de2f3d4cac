"""Rounds as people meet them: what they say of a pairing, another buddy, and what owners want of the next round."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot import enrolments, round_pacts
from bot.errors import Name, Refusal
from bot.permissions import Actor
from bot.recurrence import local_day
from bot.round_facts import Closing
from bot.round_repairs import Board, declines
from bot.round_standing import Standing, with_people
from bot.round_steps import hold
from bot.round_times import can_be_declined
from bot.round_wishes import NEWEST
from bot.round_wishes import match_anew as match_anew
from bot.round_wishes import match_now as match_now
from bot.round_wishes import preview as preview
from bot.round_wishes import send_previewed as send_previewed
from models.pacts import OFFERED, OVER, REFUSED, Pact
from models.programmes import IN, PAUSED, Participant, Programme
from models.rounds import MATCHED, MET, STANDING, SWAP, Pairing, Partner, Round


class NoBuddyNow(Refusal):
    """You have no buddy at the moment. `/buddy` shows your programmes and the next round."""


class NotYourPairing(Refusal):
    """I do not know a buddy of yours behind that. `/buddy` shows where you stand."""


class PairingIsOver(Refusal):
    """That pairing is over, so this button does nothing any more. `/buddy` shows where you stand."""


class NotAMentor(Refusal):
    """Only a mentor can decline, and only their mentee. *Swap* in `/buddy` looks for somebody else for you."""


class NotYourMentee(Refusal):
    """{name} is not your mentee at the moment. `/buddy` shows who is."""


class TooLateToDecline(Refusal):
    """A mentor can decline or swap within three days. `/buddy leave` takes you out of the programme."""


class PactGoesOn(Refusal):
    """Your pact goes on, so there is nobody new for now. `/buddy` shows where you stand."""


@dataclass(frozen=True)
class Said:
    """What somebody said of a pairing, and whom it is with."""

    pairing_id: int
    others: tuple[str, ...]
    until: date
    channel: str


def next_moment(session: Session) -> datetime | None:
    """Say when (people's time) the next step of a programme, a round or a pact is to be taken."""
    asked = (Programme.next_moment(), Round.next_moment(), Pact.next_moment())
    return min((moment for each in asked if (moment := session.scalar(each)) is not None), default=None)


def met(session: Session, actor: Actor, now: datetime) -> Said:
    """Note that the actor met their buddy, of several the latest; raises NoBuddyNow."""
    current = _current(session, actor)
    if current is None:
        raise NoBuddyNow
    return say(session, actor, current, MET, now=now)


def _current(session: Session, actor: Actor) -> int | None:
    """Find the actor's latest pairing under way, rather one of which they have not said so."""
    mine = session.execute(Partner.under_way(actor.workspace_id, actor.user_id)).all()
    open_ones = [pairing_id for pairing_id, answer in mine if answer != MET]
    return next(iter(open_ones or [pairing_id for pairing_id, _ in mine]), None)


def say(session: Session, actor: Actor, pairing_id: int, answer: str, *, now: datetime) -> Said:
    """Note what the actor says of a pairing, `met` or `not yet`; that they met is not taken back by the latter.

    Raises NotYourPairing and PairingIsOver. Whoever says anything is not silent.
    """
    pairing, buddy_round, programme = _mine(session, actor, pairing_id)
    if pairing.state != STANDING:
        raise PairingIsOver
    (standing,) = with_people(session, [pairing])
    for partner in session.scalars(Partner.of_pairings([pairing.id])):
        if partner.user_id == actor.user_id and partner.answer != MET:
            partner.answer, partner.answered_at = answer, now
    for participant in session.scalars(Participant.those(programme.id, [actor.user_id])):
        participant.silent_rounds = 0
    if answer == MET:
        round_pacts.offer(session, programme, pairing, standing.people, now=now)
    return _said(programme, buddy_round, standing, actor)


def _mine(session: Session, actor: Actor, pairing_id: int) -> tuple[Pairing, Round, Programme]:
    """Find a pairing of the actor's, locked; raises NotYourPairing."""
    locked = Pairing.by_id(actor.workspace_id, pairing_id).with_for_update()
    pairing = session.scalar(locked)
    if pairing is None or session.get(Partner, (pairing_id, actor.user_id)) is None:
        raise NotYourPairing
    buddy_round = session.get_one(Round, pairing.round_id)
    return pairing, buddy_round, session.get_one(Programme, buddy_round.programme_id)


def _said(programme: Programme, buddy_round: Round, standing: Standing, actor: Actor) -> Said:
    until = local_day(buddy_round.ends_at, programme.zone)
    return Said(standing.pairing.id, standing.others(actor.user_id), until, programme.channel)


@dataclass(frozen=True)
class Swapped:
    """What came of a swap."""

    before: tuple[str, ...]
    others: tuple[str, ...] | None
    """Whom the actor is with now; None if nobody else is free, so that all stays as it was."""
    is_late: bool = False
    """Whether somebody is free, but the round is over too soon."""
    has_next: bool = True
    """Whether another round comes for the actor."""


def swap(session: Session, actor: Actor, pairing_id: int, *, now: datetime) -> Swapped:
    """Put the actor together with somebody else who is free; whom that leaves alone as well, or they are told.

    Raises NotYourPairing, PairingIsOver once the round is, TooLateToDecline for a mentor, whose swap is a no, and
    TakesNoPart for who left.
    """
    pairing, programme, buddy_round, standing = _held(session, actor, pairing_id)
    if standing.mentor == actor.user_id and not may_decline(pairing, standing, now):
        raise TooLateToDecline
    others = standing.others(actor.user_id)
    partner = session.get_one(Partner, (pairing.id, actor.user_id))
    if partner.answer != MET:
        partner.answer, partner.answered_at = SWAP, now
    for participant in session.scalars(Participant.those(programme.id, [actor.user_id])):
        participant.silent_rounds = 0
    if not _may_be_placed(session, actor, programme):
        raise enrolments.TakesNoPart
    board = Board(session, programme, buddy_round, now)
    found = board.find_somebody(actor.user_id, besides=frozenset(others), instead_of=pairing)
    if found is None:
        return Swapped(others, None, board.is_late, has_next(session, actor, programme, now=now))
    board.dissolve(pairing, leaving=[actor.user_id])
    return Swapped(others, found)


def has_next(session: Session, actor: Actor, programme: Programme, *, now: datetime) -> bool:
    """Whether another round of a programme comes for the actor: it has not ended, and they are in."""
    part = session.scalars(Participant.one(programme.id, actor.user_id)).first()
    is_in = part is not None and part.state_on(local_day(now, programme.zone)) == IN
    return is_in and programme.ended_at is None


def _may_be_placed(session: Session, actor: Actor, programme: Programme) -> bool:
    """Whether the actor did not leave, also where the programme has ended and the round goes on."""
    part = session.scalars(Participant.one(programme.id, actor.user_id)).first()
    return part is not None and part.state in (IN, PAUSED)


def _held(session: Session, actor: Actor, pairing_id: int) -> tuple[Pairing, Programme, Round, Standing]:
    """Hold a pairing of the actor's in a round under way, to change who is in it."""
    seen = session.scalar(Pairing.by_id(actor.workspace_id, pairing_id))
    if seen is None or session.get(Partner, (pairing_id, actor.user_id)) is None:
        raise NotYourPairing
    held = hold(session, seen.round_id)
    assert held is not None  # a pairing has a round
    programme, buddy_round = held
    fresh = Pairing.locked(pairing_id).execution_options(populate_existing=True)
    pairing = session.scalars(fresh).one()
    if pairing.state != STANDING or buddy_round.state != MATCHED:
        raise PairingIsOver
    (standing,) = with_people(session, [pairing])
    return pairing, programme, buddy_round, standing


def decline(session: Session, actor: Actor, pairing_id: int, *, now: datetime) -> tuple[str, ...]:
    """Let a mentor decline their mentee, who gets the next choice or is told; gives the mentee.

    Raises NotYourPairing, PairingIsOver, NotAMentor and TooLateToDecline.
    """
    pairing, programme, buddy_round, standing = _held(session, actor, pairing_id)
    if standing.mentor != actor.user_id:
        raise NotAMentor
    if not may_decline(pairing, standing, now):
        raise TooLateToDecline
    declines(session, pairing, actor.user_id)
    Board(session, programme, buddy_round, now).dissolve(pairing, leaving=[actor.user_id])
    return standing.others(actor.user_id)


def may_decline(pairing: Pairing, standing: Standing, now: datetime) -> bool:
    """Whether the mentor of a pairing may still decline."""
    return standing.mentor is not None and can_be_declined(pairing.made_at, now)


def declinable(
    session: Session, actor: Actor, mentee: str | None = None, *, now: datetime
) -> dict[int, tuple[str, ...]]:
    """List whom the actor may still decline, or this mentee alone, by pairing; never nobody.

    Raises NoBuddyNow, NotYourMentee, NotAMentor and TooLateToDecline.
    """
    under_way = session.execute(Partner.under_way(actor.workspace_id, actor.user_id)).all()
    if not under_way:
        raise NoBuddyNow
    chosen = Pairing.among([actor.workspace_id], [pairing_id for pairing_id, _ in under_way])
    standing = with_people(session, session.scalars(chosen).all())
    mentored = [each for each in standing if each.mentor == actor.user_id]
    if not mentored:
        raise NotAMentor
    meant = [each for each in mentored if mentee in (None, *each.others(actor.user_id))]
    if mentee is not None and not meant:
        raise NotYourMentee(name=Name(mentee))
    still = [each for each in meant if can_be_declined(each.pairing.made_at, now)]
    if not still:
        raise TooLateToDecline
    return {each.pairing.id: each.others(actor.user_id) for each in still}


def sit_out(session: Session, actor: Actor, round_id: int) -> tuple[Programme, datetime]:
    """Leave the actor out of a round they heard of; raises NotYourPairing, and what enrolments refuse."""
    buddy_round = session.scalar(Round.by_id(actor.workspace_id, round_id))
    if buddy_round is None:
        raise NotYourPairing
    at = enrolments.sit_out(session, actor, buddy_round.programme_id, number=buddy_round.number)
    return session.get_one(Programme, buddy_round.programme_id), at


def rotate(session: Session, actor: Actor, pact_id: int) -> Programme:
    """Find the programme whose rounds the actor is in again after a pact; raises NotYourPact and TakesNoPart."""
    _, programme = round_pacts.of_actor(session, actor, pact_id)
    return enrolments.part_of(session, actor, programme.id)[0]


def rematch(
    session: Session, actor: Actor, pact_id: int, *, now: datetime
) -> tuple[Programme, tuple[str, ...] | None]:
    """Put the actor together with somebody who is free after their pact; None if nobody is, or they have a buddy.

    Raises NotYourPact, TakesNoPart for who left, and PactGoesOn unless it is over. A no to going on together ends what
    was only offered, and somebody new the pairing it came of, where that is of the round under way.
    """
    pact, programme = round_pacts.of_actor(session, actor, pact_id)
    if pact.state == OFFERED and actor.user_id not in pact.agreed:
        pact.state = REFUSED
    if pact.state not in (OVER, REFUSED):
        raise PactGoesOn
    if not _may_be_placed(session, actor, programme):
        raise enrolments.TakesNoPart
    newest = session.scalars(Round.of_programme(programme.id).limit(NEWEST))
    under_way = [each.id for each in newest if each.state == MATCHED]
    held = hold(session, under_way[0]) if under_way else None
    if held is None or held[1].state != MATCHED:
        return programme, None
    board = Board(session, *held, now)
    before = session.scalar(Pairing.standing_in([held[1].id]).where(Pairing.id == pact.pairing_id))
    found = board.find_somebody(actor.user_id, besides=frozenset(pact.people), instead_of=before)
    if found is not None and before is not None:
        board.dissolve(before, leaving=[actor.user_id])
    return programme, found


def closing_of(said: Said) -> Closing:
    """Say the same as the question at the end does."""
    return Closing(said.pairing_id, said.others, said.channel, said.until)
