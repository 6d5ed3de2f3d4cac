"""Who says nothing of rounds: counted once a round, and paused after three in a row, with a message that says so.

Thousands may be silent at once. They are paused and told some at a time, and only then is the round counted for
everybody: who is paused already is not counted again, should it be interrupted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from bot import outbox
from bot import round_messages as messages
from bot.budgets import is_held_up
from bot.recurrence import local_day, place
from bot.round_results import known
from bot.round_times import closing_on
from models import round_work
from models.bulk import rows_of
from models.outbox import SENT, Delivery
from models.programmes import Programme
from models.rounds import MET, STANDING, Round

SILENT: Final = "silent"
"""Why a participant is paused who said nothing for some rounds."""
SILENT_ROUNDS: Final = 3
TOLD_WITHIN: Final = timedelta(days=365)
"""So long who is paused has to hear of it: nobody else says so, and they may be away for long."""


def earlier(session: Session, programme: Programme, number: int, now: datetime) -> list[int]:
    """Name the rounds before one that are to be settled: but for those whose people have not been asked yet."""
    waiting = session.scalars(round_work.unsettled(programme.id, number))
    return [each.id for each in waiting if closes_at(programme, each) <= now]


def closes_at(programme: Programme, buddy_round: Round) -> datetime:
    """Say when those in a round are asked what became of it (UTC)."""
    ends_on = local_day(buddy_round.ends_at, programme.zone)
    return place(closing_on(buddy_round.on, ends_on), programme.at, programme.zone).starts_at


def weary(session: Session, round_id: int, now: datetime) -> Sequence[str]:
    """Name who is to be paused before a round is settled, as they said nothing for the third time; two queries."""
    buddy_round = session.get_one(Round, round_id)
    if buddy_round.silence_counted_at is not None:
        return []
    silent = _heard(session, buddy_round, now).silent
    return session.scalars(round_work.weary(buddy_round.programme_id, silent, SILENT_ROUNDS - 1)).all()


def pause(session: Session, round_id: int, user_ids: Sequence[str], now: datetime) -> None:
    """Pause some of these weary people, and tell them; who has said something by now goes on."""
    buddy_round = session.get_one(Round, round_id)
    pausing = round_work.pause_weary(buddy_round.programme_id, user_ids, SILENT_ROUNDS - 1, because=SILENT)
    people = known(session, buddy_round.workspace_id, session.scalars(pausing).all())
    until, subject = now + TOLD_WITHIN, buddy_round.programme_id
    told = [
        messages.to_member(messages.SILENCED, buddy_round, each, subject, now=now, until=until)
        for each in people.values()
    ]
    outbox.enqueue(session, told)


def settle(session: Session, buddy_round: Round, now: datetime) -> None:
    """Count, once a round, who said nothing of it; the round is held by whoever asks."""
    if buddy_round.silence_counted_at is not None:
        return
    buddy_round.silence_counted_at = now
    heard = _heard(session, buddy_round, now)
    session.execute(round_work.count_silence(buddy_round.programme_id, heard.silent, but_because=SILENT))
    session.execute(round_work.forget_silence(buddy_round.programme_id, heard.others))


class _Heard(NamedTuple):
    """Who said nothing of a round although they were asked and could, and who said something or could not."""

    silent: list[str]
    others: list[str]


def _heard(session: Session, buddy_round: Round, now: datetime) -> _Heard:
    """Find who said nothing although they were asked: not where another said that they met, nor while away.

    Nor is who was spared the question, as there was too much that week or they want no such questions.
    Who was put together after all were asked was not, so their count stays as it is. What somebody said of a pairing
    that came to nothing, a wish for another one say, was said all the same.
    """
    programme = session.get_one(Programme, buddy_round.programme_id)
    asked_at = closes_at(programme, buddy_round)
    rows = rows_of(session, round_work.said(buddy_round.id))
    have_met = {each.pairing_id for each in rows if each.answer == MET}
    spoke = {each.user_id for each in rows if each.pairing_id in have_met or each.answer is not None}
    standing = [each for each in rows if each.state == STANDING and not _is_later(each.made_at, asked_at)]
    asked = {each.user_id for each in standing}
    away = set(session.scalars(round_work.out_of_reach(buddy_round.workspace_id, now)))
    silent = asked - spoke - away
    keys = [
        messages.key_to_one(messages.CLOSING, buddy_round, each.user_id, each.place)
        for each in standing
        if each.user_id in silent
    ]
    silent -= _spared(session, buddy_round, keys)
    return _Heard(sorted(silent), sorted((asked | spoke) - silent))


def _spared(session: Session, buddy_round: Round, keys: Collection[str]) -> set[str]:
    """Name to whom none of these questions came for the sake of their attention."""
    rows = rows_of(session, Delivery.outcomes(buddy_round.workspace_id, keys))
    held_up = {each.receiver for each in rows if each.state != SENT and is_held_up(each.reason)}
    return held_up - {each.receiver for each in rows if each.state == SENT}


def _is_later(made_at: datetime | None, asked_at: datetime) -> bool:
    return made_at is not None and made_at >= asked_at
