"""Who says nothing of rounds: counted once a round, and paused after three in a row, with a message that says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from bot import outbox
from bot import round_messages as messages
from bot.members import silent_until
from bot.recurrence import local_day, place
from bot.round_results import known
from bot.round_standing import Standing, standing_in
from bot.round_times import closing_on
from models.members import Member
from models.programmes import IN, PAUSED, Participant, Programme
from models.rounds import MATCHED, Round

SILENT: Final = "silent"
"""Why a participant is paused who said nothing for some rounds."""
SILENT_ROUNDS: Final = 3


def settle_earlier(session: Session, programme: Programme, number: int, now: datetime) -> None:
    """Settle the rounds before this one, but for those whose people have not been asked yet."""
    for earlier in session.scalars(Round.open_of(programme.id)):
        is_asked = earlier.state == MATCHED and closes_at(programme, earlier) <= now
        if earlier.number < number and is_asked:
            settle(session, programme, earlier, now)


def closes_at(programme: Programme, buddy_round: Round) -> datetime:
    """Say when those in a round are asked what became of it (UTC)."""
    ends_on = local_day(buddy_round.ends_at, programme.zone)
    return place(closing_on(buddy_round.on, ends_on), programme.at, programme.zone).starts_at


def settle(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> None:
    """Count, once a round, who said nothing of it; whoever did so three times in a row is paused, and told."""
    if buddy_round.silence_counted_at is not None:
        return
    buddy_round.silence_counted_at = now
    pairings = standing_in(session, [buddy_round.id])
    people = known(session, programme.workspace_id, (who for each in pairings for who in each.people))
    silent = _silent(pairings, people, now)
    counted = session.scalars(Participant.those(programme.id, sorted(people))).all()
    paused = [people[each.user_id] for each in counted if _count(each, is_silent=each.user_id in silent)]
    until = now + messages.ANNOUNCED_FOR
    told = [
        messages.to_member(messages.SILENCED, buddy_round, each, programme.id, now=now, until=until)
        for each in paused
    ]
    outbox.enqueue(session, told)


def _silent(pairings: Sequence[Standing], people: dict[str, Member], now: datetime) -> set[str]:
    """Name who said nothing although they could: not where another said that they met, nor while away."""
    spoke = {
        who for each in pairings for who, answer in each.answers.items() if each.has_met or answer is not None
    }
    return {who for who, member in people.items() if who not in spoke and silent_until(member, now) is None}


def _count(participant: Participant, *, is_silent: bool) -> bool:
    """Count a round for somebody, and say whether that has paused them."""
    participant.silent_rounds = participant.silent_rounds + 1 if is_silent else 0
    if participant.silent_rounds < SILENT_ROUNDS or participant.state != IN:
        return False
    participant.state, participant.paused_until, participant.paused_because = PAUSED, None, SILENT
    return True
