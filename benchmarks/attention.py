"""What it costs that people's weeks hold so many messages: a turn of the delivery with what counts, and with what not.

A turn records what came of 64 messages and claims 64 others in one transaction, as a worker's does; Slack is left out.
Kinds take turns, so that both meet the same store: everybody gets one message of each, the same constant words. Two
messages that count have reached everybody this week, so that the one that is measured is the last they may get; their
conversations are known, and they are in no pairing. SQLite writes each commit through to the disk; PostgreSQL runs
without fsync.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from statistics import median

from sqlalchemy import update

from benchmarks.figures import Figure
from benchmarks.outboxes import CHUNK, DAY
from benchmarks.people import NOW, profile
from benchmarks.sender import KIND, note, pace_of
from benchmarks.stores import each_store
from bot import attention, members
from bot.outbox import Message, enqueue
from bot.round_messages import CLOSING, HEADS_UP
from bot.runtime.claims import Claim, Claimer, moments
from bot.runtime.clock import MovedClock, elapsed_seconds
from bot.runtime.database import Sessions, connect
from bot.runtime.decisions import Attend, Prepare
from bot.runtime.delivery import BATCH
from bot.runtime.holds import Holds
from bot.runtime.outcomes import record_sent
from bot.runtime.present import present
from bot.runtime.slack import Outgoing, Sent
from handlers.attention import attend
from models.bulk import insert_missing
from models.conversations import Conversation
from models.outbox import SENT, Delivery
from models.outbox_work import Work

WORKSPACES, EACH = 200, 16
READ = 2
"""Of the three a week that people allow unless they say otherwise."""
PREPARE: Mapping[str, Prepare] = {KIND: note, CLOSING: note}
ATTEND: Attend = partial(attend, PREPARE)
MOST_TIMES = 2.5
Person = tuple[str, str]


def measure() -> Iterator[Figure]:
    """Measure on both stores."""
    with each_store() as stores:
        for kind, url in stores.items():
            engine = connect(url)
            people = _begin_week(Sessions(engine))
            turns = _turns(Sessions(engine), people)
            engine.dispose()
            yield _figure(kind, turns)


def _figure(kind: str, turns: Mapping[str, Sequence[float]]) -> Figure:
    counted, uncounted = (1000 * median(turns[each]) for each in (CLOSING, KIND))
    times = counted / uncounted
    return Figure(
        f"a turn of {BATCH} messages that count, {WORKSPACES * EACH:,} people of {WORKSPACES} workspaces, {kind}",
        f"{counted:.1f} ms, {times:.2f} times",
        f"that do not count {uncounted:.1f} ms",
        f"within {MOST_TIMES} times",
        times <= MOST_TIMES,
    )


def _begin_week(sessions: Sessions) -> list[Person]:
    """Let everybody be known, and have had messages this week; what is measured waits for them."""
    people = [(f"T{n // EACH:04d}", f"U{n:06d}") for n in range(WORKSPACES * EACH)]
    for first in range(0, len(people), EACH):
        team, ours = people[first][0], [profile(who) for _, who in people[first : first + EACH]]
        with sessions.begin() as session:
            members.welcome_workspace(session, team)
            members.remember_all(session, team, ours, at=NOW)
    for first in range(0, len(people), CHUNK):
        _let_read(sessions, people[first : first + CHUNK])
    messages = _messages(people)
    for first in range(0, len(messages), CHUNK):
        with sessions.begin() as session:
            enqueue(session, messages[first : first + CHUNK])
    with sessions.begin() as session:
        session.connection().exec_driver_sql("ANALYZE")
    return people


def _let_read(sessions: Sessions, people: Sequence[Person]) -> None:
    """Let these people have had the messages that count, where we know to write to them."""
    with sessions.begin() as session:
        places = [{"workspace_id": team, "receiver": who, "channel": f"D{team}{who}"} for team, who in people]
        insert_missing(session, Conversation, places)
        keys = [f"read:{who}:{nth}" for _, who in people for nth in range(READ)]
        window = NOW - timedelta(minutes=1), NOW + DAY
        enqueue(
            session,
            [
                Message(team, f"read:{who}:{nth}", HEADS_UP, who, 1, *window)
                for team, who in people
                for nth in range(READ)
            ],
        )
        rows = session.scalars(Delivery.keyed_among({team for team, _ in people}, keys)).all()
        attention.judge(session, rows, now=NOW)
        session.execute(update(Delivery).where(Delivery.kind == HEADS_UP).values(state=SENT))


def _messages(people: Sequence[Person]) -> list[Message]:
    """Write everybody one message of each kind; by their deadlines a turn has all of one kind, and kinds alternate."""
    chance, messages = random.Random(7), list[Message]()
    for place, kind in enumerate((KIND, CLOSING)):
        for nth, (team, who) in enumerate(chance.sample(people, len(people))):
            turn = 2 * (nth // BATCH) + place
            ends = NOW + DAY + timedelta(seconds=turn)
            messages.append(Message(team, f"{kind}:{who}", kind, who, 1, NOW - timedelta(minutes=1), ends))
    return messages


def _turns(sessions: Sessions, people: Sequence[Person]) -> dict[str, list[float]]:
    """Give the seconds of each turn, by the kind that it claimed; raises RuntimeError if one was not sent."""
    turns: dict[str, list[float]] = {KIND: [], CLOSING: []}
    sent: list[tuple[Outgoing, Sent]] = []
    for turn in range(2 * len(people) // BATCH):
        begun = time.perf_counter()
        taken = _turn(sessions, sent)
        turns[(KIND, CLOSING)[turn % 2]].append(time.perf_counter() - begun)
        if len(taken.outgoing) < BATCH:
            raise RuntimeError(f"only {len(taken.outgoing)} of {BATCH} messages may go")
        sent = [(each, Sent(each.channel, f"{each.delivery_id}.0")) for each in taken.outgoing]
    return turns


def _turn(sessions: Sessions, sent: Sequence[tuple[Outgoing, Sent]]) -> Claim:
    """Record and claim as the delivery loop does."""
    clock, pace = MovedClock(NOW), pace_of(0)
    with sessions.begin() as session:
        here = present(session, clock)
        record_sent(session, sent, here.machine_now)
        at = moments(pace, NOW, here.machine_now)
        claimer = Claimer(session, PREPARE, pace, at, here.history, Holds(elapsed_seconds), ATTEND)
        return claimer.claim(Work(sendable=True), limit=BATCH, readings=0)
