"""Doors for rounds: the steps the clock brings, the matching, and what is sent of them."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from slack_sdk import WebClient
from sqlalchemy import Select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from bot import members, programmes, round_judging, round_pacts, round_repairs, round_steps
from bot import round_messages as messages
from bot.members import Profile
from bot.outbox import Later, Never
from bot.round_due import Step, step_of
from bot.round_facts import PactFacts
from bot.round_judging import Facts
from bot.round_seen import SUBJECTS
from bot.round_standing import with_people
from bot.runtime.database import Sessions
from bot.runtime.decisions import Consequence, Decision, Failed, Prepare
from handlers import channels, doors, round_turns
from handlers.acquaintance import NOBODY, error_of, profile_of
from handlers.verdicts import decision
from handlers.views import rounds as views
from handlers.views import rounds_channel, rounds_pacts, rounds_preview
from handlers.views.elements import Message
from models import round_work
from models.outbox import Delivery
from models.pacts import Pact
from models.programmes import Programme
from models.rounds import Pairing, Round

log = logging.getLogger(__name__)

WAIT_FOR_SLACK: Final = timedelta(minutes=30)
"""How long a round waits for Slack to say who is in its channel; then what is known has to do."""
AFTER_A_BUG: Final = timedelta(hours=1)
ASK_AGAIN: Final = timedelta(minutes=5)
STORE_AWAY = (OperationalError, InterfaceError, PoolTimeoutError)


def take_steps(client: WebClient, sessions: Sessions, now: datetime) -> int:
    """Take every step of programmes, rounds and pacts that is due at this moment of people's time; count them.

    One that hits a bug keeps no other from being taken, and is put off.
    """
    with sessions.connect() as connection:
        # Nearly always there is nothing, and one question is enough to know.
        is_due = connection.execute(round_work.due(), {"people_now": now}).one()
    if not any(is_due):
        return 0
    # One step makes another due: who was announced may be matched at once.
    return sum(_each(sessions, kind) for kind in _kinds(client, sessions, now))


def _kinds(client: WebClient, sessions: Sessions, now: datetime) -> list[Kind]:
    """List the kinds of steps in the order in which they follow each other."""
    later = now + AFTER_A_BUG
    return [
        Kind(
            Programme.due_ids(now),
            partial(_announce, client, now=now),
            partial(round_steps.put_off_heads_up, until=later),
        ),
        Kind(
            Round.due_ids(now),
            partial(_step, client, now=now),
            partial(round_steps.put_off, until=later, now=now),
        ),
        Kind(Round.to_match(), partial(_match, now=now)),
        Kind(
            Pairing.broken_ids(),
            partial(_mend, client, now=now),
            lambda _session, pairing_id: _ask_again(sessions, pairing_id, later),
        ),
        Kind(Pact.due_ids(now), partial(_follow_pact, now=now)),
    ]


Take = Callable[[Sessions, int], bool]
"""Takes the step of one row, and says whether there was one to take."""


class Kind(NamedTuple):
    """One kind of step: which rows have one to take, how it is taken, and how one that hits a bug is put off."""

    asked: Select[int]
    take: Take
    put_off: Callable[[Session, int], object] | None = None


def _each(sessions: Sessions, kind: Kind) -> int:
    """Take the steps of all rows asked for, and count them."""
    with sessions.read() as session:
        ids = session.scalars(kind.asked).all()
    return sum(_safely(sessions, each, kind) for each in ids)


def _safely(sessions: Sessions, row_id: int, kind: Kind) -> bool:
    try:
        return kind.take(sessions, row_id)
    except STORE_AWAY:
        raise
    except Exception:  # the one door for bugs in steps: one bad row must not keep everybody's rounds
        name = getattr(kind.take, "func", kind.take).__name__
        log.exception("step_failed", extra={"step": name, "row": row_id})
    if kind.put_off is not None:
        with sessions.begin() as session:
            kind.put_off(session, row_id)
    return False


def _announce(client: WebClient, sessions: Sessions, programme_id: int, *, now: datetime) -> bool:
    """Ask Slack who is in the channel, then write the round and tell everybody."""
    with sessions.read() as session:
        programme = session.get_one(Programme, programme_id)
    heads_up_at = programmes.coming(programme).heads_up_at
    if now < heads_up_at:
        return round_turns.announce(sessions, programme_id, now)
    waits = now - heads_up_at < WAIT_FOR_SLACK
    is_seen = _is_surveyed(client, sessions, programme, now=now)
    if not waits or is_seen:
        return round_turns.announce(sessions, programme_id, now)
    with sessions.begin() as session:
        return round_steps.put_off_heads_up(session, programme_id, now + ASK_AGAIN)


def _is_surveyed(client: WebClient, sessions: Sessions, programme: Programme, *, now: datetime) -> bool:
    """Ask Slack for a channel's facts, and say whether it gave them."""
    try:
        channels.survey(client, sessions, now, programme)
    except doors.UNHEARD as unheard:
        log.warning("channel_unseen", extra={"programme": programme.id, "error": error_of(unheard)})
        return False
    return True


def _step(client: WebClient, sessions: Sessions, round_id: int, *, now: datetime) -> bool:
    """Take the next step of a round; before it begins Slack is asked who is in the channel."""
    with sessions.read() as session:
        buddy_round = session.get_one(Round, round_id)
        programme = session.get_one(Programme, buddy_round.programme_id)
    begins = step_of(programme, buddy_round, now) is Step.BEGIN
    # One that not all have heard of is late with everything already.
    waits = begins and buddy_round.is_heard_of and now - buddy_round.starts_at < WAIT_FOR_SLACK
    is_seen = not begins or _is_surveyed(client, sessions, programme, now=now)
    if not waits or is_seen:
        return round_turns.take(sessions, round_id, now)
    with sessions.begin() as session:
        return round_steps.put_off(session, round_id, now + ASK_AGAIN, now=now)


def _match(sessions: Sessions, round_id: int, *, now: datetime) -> bool:
    return round_turns.match(sessions, round_id, secrets.token_hex(8), now)


def _mend(client: WebClient, sessions: Sessions, pairing_id: int, *, now: datetime) -> bool:
    """Ask Slack who of a pairing is still there, then put together anew whom it leaves alone, or tell them."""
    if _waits(sessions, pairing_id, now):
        return False
    with sessions.read() as session:
        pairing = session.get_one(Pairing, pairing_id)
        (standing,) = with_people(session, [pairing])
    accounts = _accounts(client, pairing.workspace_id, standing.people)
    if accounts is None:
        _ask_again(sessions, pairing_id, now + ASK_AGAIN)
        return False
    with sessions.begin() as session:
        news = [each for each in accounts.found if members.is_news(session, pairing.workspace_id, each)]
        members.remember_all(session, pairing.workspace_id, news, at=channels.LONG_AGO)
        return round_repairs.mend(session, pairing.round_id, pairing_id, now, unknown=accounts.unknown)


_put_off: Final[WeakKeyDictionary[Sessions, dict[int, datetime]]] = WeakKeyDictionary()
"""Until when pairings wait to be mended, by store. A new process forgets it, which costs a question more."""


def _ask_again(sessions: Sessions, pairing_id: int, at: datetime) -> None:
    """Have a pairing mended later."""
    _put_off.setdefault(sessions, {})[pairing_id] = at


def _waits(sessions: Sessions, pairing_id: int, now: datetime) -> bool:
    """Whether a pairing is to be mended later; a clock that was put back keeps none waiting for long."""
    until = _put_off.get(sessions, {}).get(pairing_id, now)
    return now < until <= now + AFTER_A_BUG


class Accounts(NamedTuple):
    """What Slack says of some people, and whom it does not know, or not any more."""

    found: list[Profile]
    unknown: list[str]


def _accounts(client: WebClient, workspace_id: str, people: Sequence[str]) -> Accounts | None:
    """Read what Slack says of people now; None if it does not say."""
    accounts = Accounts([], [])
    for each in people:
        try:
            accounts.found.append(profile_of(client.users_info(user=each)["user"], workspace_id))
        except doors.UNHEARD as unheard:
            if error_of(unheard) not in NOBODY:
                log.warning("people_unseen", extra={"error": error_of(unheard)})
                return None
            accounts.unknown.append(each)
    return accounts


def _follow_pact(sessions: Sessions, pact_id: int, *, now: datetime) -> bool:
    with sessions.begin() as session:
        return round_pacts.take(session, pact_id, now)


def prepare(session: Session, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Decide and render what is told about rounds, with today's data."""
    return _decided(deliveries, round_judging.judge(session, deliveries, now=now))


def prepare_pact(session: Session, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Decide and render what is told about pacts, with today's data."""
    return _decided(deliveries, round_pacts.judge(session, deliveries, now=now))


def _decided(
    deliveries: Sequence[Delivery], verdicts: Mapping[int, Facts | PactFacts | Later | Never]
) -> dict[int, Decision]:
    kinds = {delivery.id: delivery.kind for delivery in deliveries}
    return {key: decision(verdict, VIEWS[kinds[key]]) for key, verdict in verdicts.items()}


VIEWS: Final[Mapping[str, Callable[[Any], Message]]] = {
    messages.HEADS_UP: views.heads_up,
    messages.INTRODUCTION: views.introduction,
    messages.HALFWAY: views.halfway,
    messages.CLOSING: views.closing,
    messages.ANNOUNCEMENT: rounds_channel.announcement,
    messages.LEFT_OVER: views.left_over,
    messages.LEFT_OUT: views.left_out,
    messages.TOO_FEW: views.too_few,
    messages.SILENCED: views.silenced,
    messages.PARTED: views.parted,
    messages.REPLACED: views.parted,
    messages.UNREACHABLE: views.parted,
    messages.PREVIEWED: rounds_preview.preview,
    messages.CHANGED: rounds_preview.changed,
    round_pacts.OFFER: rounds_pacts.offer,
    round_pacts.PROMPT: rounds_pacts.prompt,
    round_pacts.END: rounds_pacts.end,
}
"""How what is told looks, by its kind; what it is given is what that kind is judged to be."""
PREPARE: Final[Mapping[str, Prepare]] = {
    **dict.fromkeys(SUBJECTS, prepare),
    **dict.fromkeys((round_pacts.OFFER, round_pacts.PROMPT, round_pacts.END), prepare_pact),
}


def break_pairings(session: Session, failed: Sequence[Failed], now: datetime) -> None:
    """Mark pairings with whom Slack opens no conversation: the others of a round go on, these are mended."""
    for each in failed:
        round_repairs.refused(session, [each.subject_id], each.reason)


CONSEQUENCES: Final[Mapping[str, Consequence]] = {messages.INTRODUCTION: break_pairings}
