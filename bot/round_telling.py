"""What a step of a round tells people, read and worded at once however many they are; it is for others to write it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from bot import programme_news, programmes, round_results
from bot import round_messages as messages
from bot.members import hours_of
from bot.outbox import Message
from bot.programme_news import AWAY
from bot.round_due import Step, moments
from bot.round_results import known
from bot.round_standing import Standing, standing_in
from bot.round_steps import expected, free_takers, written
from bot.round_takers import Out, takers
from models.bulk import rows_of
from models.members import Member
from models.outbox import CANCELLED, EXPIRED, READY, Delivery
from models.programmes import Participant, Programme
from models.rounds import Round

UNSENT: Final = (READY, EXPIRED, CANCELLED)
"""The states in which a message waits for its receiver, or waited in vain."""


def to_tell(session: Session, round_id: int, step: Step, now: datetime) -> list[Message]:
    """Write what a step tells people; as many queries however many they are."""
    tell = _TELLING.get(step)
    if tell is None:
        return []
    buddy_round = session.get_one(Round, round_id)
    return tell(session, session.get_one(Programme, buddy_round.programme_id), buddy_round, now)


def _heads_ups(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> list[Message]:
    # Who may be back by then is told as well, once they are: that is judged at the moment of sending.
    people = expected(session, programme, buddy_round, now)
    return [messages.heads_up(buddy_round, each, now) for each in people]


def unheard(session: Session, buddy_round: Round, user_ids: Collection[str]) -> set[str]:
    """Name who of these was away while the others heard of a round, and neither came by themselves; one query.

    Whose heads-up was only late heard of it as far as can be helped; where nobody was told, nobody is named.
    """
    keys = [messages.about(buddy_round, "heads_up", each) for each in user_ids]
    rows = rows_of(session, Delivery.outcomes(buddy_round.workspace_id, keys))
    missed = {
        each.receiver for each in rows if each.state in UNSENT and each.reason in (AWAY, messages.NO_PART)
    }
    return set(user_ids) - ({each.receiver for each in rows} - missed) if rows else set()


def hear_earlier(session: Session, programme_id: int, now: datetime) -> list[Member]:
    """Find who takes part in the round to come and does not work between its heads-up and its start.

    Nobody from the heads-up on, nor while no round is held.
    """
    programme = session.get_one(Programme, programme_id)
    due = programmes.coming(programme)
    if now >= due.heads_up_at or programme.held_because is not None:
        return []
    # Who will be back by then is told as well, after they are: that is judged at the moment of sending.
    present = [each.member for each in free_takers(session, programme, due.number, due.heads_up_at)]
    return [
        member
        for member in present
        if messages.heard_at(hours_of(member), due.heads_up_at, due.starts_at) < due.heads_up_at
    ]


def tell_earlier(
    session: Session, programme_id: int, people: Collection[Member], now: datetime
) -> list[Message]:
    """Write the round to come, and its heads-up for these; nothing any more from the heads-up of all on."""
    programme = session.scalar(Programme.due_one(programme_id, now))
    due = programmes.coming(programme) if programme is not None else None
    if programme is None or due is None or now >= due.heads_up_at:
        return []
    buddy_round = written(session, programme, due)
    return [messages.heads_up(buddy_round, each, due.heads_up_at) for each in people]


def _calling_off(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> list[Message]:
    """Tell those who heard of a round that there is none; nobody else waits for it."""
    taking_part = session.scalars(Participant.of_programme(programme.id)).all()
    heard = _heard(session, buddy_round, [each.user_id for each in taking_part])
    kind, until = programme_news.CALLED_OFF, now + programme_news.LOOK_AGAIN
    return [messages.to_member(kind, buddy_round, each, programme.id, now=now, until=until) for each in heard]


def to_tell_shut_out(session: Session, round_id: int, now: datetime) -> list[Message]:
    """Write to those who heard that they are in a round, and whom other settings keep out of it since."""
    buddy_round = session.get_one(Round, round_id)
    return _shut_out(session, session.get_one(Programme, buddy_round.programme_id), buddy_round, now)


def _shut_out(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> list[Message]:
    kept_out = session.scalars(Participant.shut_out(programme)).all()
    if not kept_out:
        return []
    out = takers(session, programme, buddy_round.number, now, among=kept_out).out
    heard = _heard(
        session, buddy_round, [each for each, why in out.items() if why in (Out.GUEST, Out.NO_ROLE)]
    )
    until = buddy_round.ends_at
    return [
        messages.to_member(messages.LEFT_OUT, buddy_round, each, buddy_round.id, now=now, until=until)
        for each in heard
    ]


def _matched(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> list[Message]:
    news = round_results.news(session, programme, buddy_round, now)
    return [*news, *_shut_out(session, programme, buddy_round, now)]


def _heard(session: Session, buddy_round: Round, user_ids: Iterable[str]) -> list[Member]:
    """Find who of these was told that a round is near."""
    keys = [messages.about(buddy_round, "heads_up", each) for each in user_ids]
    heard = session.scalars(Delivery.who_got(buddy_round.workspace_id, keys)).all()
    return list(known(session, buddy_round.workspace_id, heard).values())


def _reminders(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> list[Message]:
    _, closing_at = moments(programme, buddy_round)
    pairings, people = _unmet(session, buddy_round)
    return [
        messages.to_pairing(
            messages.HALFWAY,
            buddy_round,
            each.pairing,
            [people[who] for who in each.people],
            now=now,
            until=closing_at,
        )
        for each in pairings
    ]


def _questions(session: Session, _programme: Programme, buddy_round: Round, now: datetime) -> list[Message]:
    pairings, people = _unmet(session, buddy_round)
    return [
        messages.to_member(
            messages.CLOSING,
            buddy_round,
            people[who],
            each.pairing.id,
            each.pairing.place,
            now=now,
            until=buddy_round.ends_at,
        )
        for each in pairings
        for who in each.people
    ]


def _unmet(session: Session, buddy_round: Round) -> tuple[list[Standing], Mapping[str, Member]]:
    """Read the pairings of whose people none said that they met, and those people; three queries."""
    pairings = [each for each in standing_in(session, [buddy_round.id]) if not each.has_met]
    people = known(session, buddy_round.workspace_id, (who for each in pairings for who in each.people))
    return pairings, people


_TELLING: Final[Mapping[Step, Callable[[Session, Programme, Round, datetime], list[Message]]]] = {
    Step.HEADS_UP: _heads_ups,
    Step.CALL_OFF: _calling_off,
    Step.INTRODUCE: _matched,
    Step.REMIND: _reminders,
    Step.ASK: _questions,
}
