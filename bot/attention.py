"""Attention: of what the bot writes unasked, how much reaches each person in a week, and what comes first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from bot import goal_proposals, members, pauses, programme_news, round_pacts
from bot import round_messages as rounds
from bot.budgets import (
    CHECK_INS,
    INTRODUCTIONS,
    OFFERS,
    TOPICS,
    UNWANTED,
    WEEK,
    Rank,
    Waiting,
    Week,
    has_room,
    over,
    week_of,
)
from bot.members import hours_of
from bot.outbox import Later, Never, people_in
from bot.planning import NUDGES, REGISTERED
from models.attention import Attention, pairings_of, waiting_about, waiting_for
from models.bulk import insert_missing, rows_of
from models.members import Member
from models.outbox import DOUBTFUL, READY, Delivery

COUNTED: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *(rounds.HEADS_UP, rounds.INTRODUCTION, programme_news.CALLED_OFF),
            *(rounds.PARTED, rounds.REPLACED, rounds.UNREACHABLE),
            *(rounds.LEFT_OVER, rounds.LEFT_OUT, rounds.TOO_FEW, rounds.SILENCED),
        ),
        INTRODUCTIONS,
    ),
    rounds.CLOSING: CHECK_INS,
    **dict.fromkeys((rounds.HALFWAY, round_pacts.OFFER, round_pacts.PROMPT, round_pacts.END), OFFERS),
}
"""The topic of each kind of message that counts.

Introductions count and are never held up: the channel has read who was put together, nobody is to wait for another
one's full week, and nobody may be matched, or be left out from now on, who could not have heard of it.
"""
UNCOUNTED: Final[Mapping[str, str]] = {
    **dict.fromkeys(NUDGES, "belongs to the meeting"),
    **dict.fromkeys((REGISTERED, goal_proposals.PROPOSED), "a colleague did it, and waits for an answer"),
    pauses.RESUMED: "asked for, with the pause",
    **dict.fromkeys((rounds.ANNOUNCEMENT, programme_news.INVITATION), "a channel reads it"),
    **dict.fromkeys(
        (
            *(rounds.PREVIEWED, rounds.CHANGED, programme_news.UNPOSTED),
            *(programme_news.HANDED_OVER, programme_news.HELD, programme_news.RELEASED),
        ),
        "an owner runs the programme by it",
    ),
}
"""Why the other kinds do not count."""
TO_PAIRINGS: Final = (rounds.INTRODUCTION, rounds.HALFWAY)
"""What all of a pairing get together."""
WEEKS_KEPT: Final = 2
"""Where the day is another one, so may the week be, and a clock may be put back."""
Who = tuple[str, str]
"""Workspace and person."""


def judge(session: Session, deliveries: Sequence[Delivery], *, now: datetime) -> dict[int, Later | Never]:
    """Say which of these, all of kinds that count, wait or come to nothing for their readers' sake; count the others.

    At most six statements however many there are, in a transaction that holds their workspaces: two workers cannot
    both send what only one may.
    """
    readers = _Readers.of(session, deliveries, now)
    held_up: dict[int, Later | Never] = {}
    for delivery in sorted(deliveries, key=_rank):
        verdict = readers.judge(delivery)
        if verdict is None:
            readers.count(delivery)
        else:
            held_up[delivery.id] = verdict
    insert_missing(session, Attention, readers.counted)
    return held_up


def count_found(session: Session, found: Sequence[tuple[Delivery, datetime]]) -> None:
    """Count what Slack was found to have and nobody had counted: the store was put back from a copy made before.

    Each with when it came (UTC). What came as one message counts once.
    """
    counted = sorted(((each, at) for each, at in found if each.kind in COUNTED), key=lambda one: one[0].id)
    people = _receivers(each for each, _ in counted)
    if not people:
        return
    zones = {(m.workspace_id, m.user_id): m.zone for m in session.scalars(Member.among(*_named(people)))}
    known, places = _known(session, people), []
    for each, at in counted:
        for who in sorted(_receivers([each]) & zones.keys()):
            names = {(who, each.id), (who, each.ts)}
            if known.isdisjoint(names):
                known |= names
                places.append(_place(who, week_of(at, zones[who]), each))
    insert_missing(session, Attention, places)


def _known(session: Session, people: Collection[Who]) -> set[tuple[Who, int | str | None]]:
    """Read what was counted for these people, by number and by timestamp."""
    counted = rows_of(session, Attention.known(*_named(people)))
    return {((workspace, user_id), name) for workspace, user_id, *names in counted for name in names}


def _place(who: Who, week: Week, delivery: Delivery) -> dict[str, object]:
    """Write that a message takes a place of somebody's week."""
    workspace_id, user_id = who
    return {
        "workspace_id": workspace_id,
        "user_id": user_id,
        "week": week.monday,
        "delivery_id": delivery.id,
    }


def share(session: Session, along: Collection[Delivery]) -> None:
    """Let what goes along with another message take no place of its own: it may have had one, if it was tried alone."""
    tried = [each for each in along if each.attempt]
    if tried:
        session.execute(Attention.forgotten(*_named(_receivers(tried)), [each.id for each in tried]))


def forget_old(session: Session, *, now: datetime) -> None:
    """Forget what came to people in weeks that are over everywhere."""
    session.execute(Attention.before(week_of(now, "UTC").monday - (WEEKS_KEPT - 1) * WEEK))


def _rank(delivery: Delivery) -> Rank:
    return _rank_of(delivery.kind, delivery.expire_at, delivery.id)


def _rank_of(kind: str, expire_at: datetime, number: int) -> Rank:
    return Rank(TOPICS.index(COUNTED[kind]), expire_at, number)


def _waits_its_turn(delivery: Delivery) -> bool:
    """Whether a message may be held up."""
    return COUNTED[delivery.kind] != INTRODUCTIONS


class _Expected(NamedTuple):
    """A message that may come to somebody, or have come."""

    number: int
    kind: str
    not_before: datetime
    expire_at: datetime
    state: str = READY

    @property
    def is_doubted(self) -> bool:
        """Whether Slack may have it though nobody has counted it."""
        return self.state == DOUBTFUL


@dataclass
class _Reader:
    """Somebody a batch of messages goes to, and their week so far."""

    member: Member
    week: Week
    taken: set[int] = field(default_factory=set)
    """The messages that came this week, may have come, or are about to."""
    waiting: list[Waiting] = field(default_factory=list)
    """What may come for itself: it is not due yet, or to others too."""
    due: list[Waiting] = field(default_factory=list)
    """What is to come now to them alone: all of it in one message, with any other to them alone."""

    @property
    def next_working(self) -> datetime:
        """When they work for the first time next week (UTC)."""
        return hours_of(self.member).next_working(self.week.ends_at)

    def wants(self, topic: str) -> bool:
        """Whether they want to hear of a topic at all."""
        return topic not in members.limits_of(self.member).less_of

    def expect(self, message: _Expected, now: datetime) -> None:
        """Keep a place for a message that may have come this week, or note one that waits."""
        if message.is_doubted and message.expire_at > self.week.ends_at - WEEK:
            self.taken.add(message.number)
        if message.is_doubted or message.expire_at <= now or not self.wants(COUNTED[message.kind]):
            return
        is_due = message.not_before <= now and message.kind not in TO_PAIRINGS
        rank = _rank_of(message.kind, message.expire_at, message.number)
        (self.due if is_due else self.waiting).append(Waiting(rank, message.not_before))

    def may_read(self, delivery: Delivery) -> bool:
        """Whether there is room for a message."""
        left = self.member.weekly_messages - len(self.taken)
        is_apart = delivery.goes_alone or len(people_in(delivery.receiver)) > 1
        waiting = [*self.waiting, *sorted(self.due)[:1]] if is_apart else self.waiting
        return has_room(_rank(delivery), waiting, left=left, week=self.week)


@dataclass
class _Readers:
    """All a batch of messages goes to, read with one query a table."""

    known: Mapping[Who, _Reader]
    counted: list[dict[str, object]] = field(default_factory=list)

    @classmethod
    def of(cls, session: Session, deliveries: Sequence[Delivery], now: datetime) -> _Readers:
        """Read who they are; and, if anything may be held up, what came to them and what waits for them."""
        found = session.scalars(Member.among(*_named(_receivers(deliveries)))).all()
        known = {(each.workspace_id, each.user_id): _Reader(each, week_of(now, each.zone)) for each in found}
        asking = _receivers(each for each in deliveries if _waits_its_turn(each)) & known.keys()
        if asking:
            _read_weeks(session, {who: known[who] for who in asking}, {each.id for each in deliveries}, now)
        return cls(known)

    def judge(self, delivery: Delivery) -> Later | Never | None:
        """Say what becomes of a message for the sake of its readers; None if it may go."""
        readers, topic = self._of(delivery), COUNTED[delivery.kind]
        if not _waits_its_turn(delivery):
            return None
        if not all(each.wants(topic) for each in readers):
            return Never(UNWANTED)
        full = [each for each in readers if not each.may_read(delivery)]
        if not full:
            return None
        until = max(each.next_working for each in readers)
        reason = over(min(each.member.weekly_messages for each in full))
        if until < delivery.expire_at:
            return Later(until, reason)
        return Never(f"{reason}, and of no use in the next")

    def count(self, delivery: Delivery) -> None:
        """Let a message take some of its readers' attention."""
        for each in self._of(delivery):
            each.taken.add(delivery.id)
            who = each.member.workspace_id, each.member.user_id
            self.counted.append(_place(who, each.week, delivery))

    def _of(self, delivery: Delivery) -> list[_Reader]:
        return [self.known[who] for who in sorted(_receivers([delivery])) if who in self.known]


def _receivers(deliveries: Iterable[Delivery]) -> set[Who]:
    return {(each.workspace_id, who) for each in deliveries for who in people_in(each.receiver)}


def _named(people: Iterable[Who]) -> tuple[list[str], list[str]]:
    """Give the workspaces and the ids among these people, each once."""
    chosen = list(people)
    return sorted({workspace for workspace, _ in chosen}), sorted({user_id for _, user_id in chosen})


def _read_weeks(session: Session, asking: Mapping[Who, _Reader], judged: set[int], now: datetime) -> None:
    """Read what came to these people this week, and what waits for them besides what is judged now."""
    named = _named(asking)
    # Read first: what is found in Slack meanwhile is then among the one or the other.
    waiting = list(_waiting(session, *named))
    weeks = {each.week.monday for each in asking.values()}
    for workspace_id, user_id, week, number, is_there in rows_of(session, Attention.taken(*named, weeks)):
        reader = asking.get((workspace_id, user_id))
        if reader is not None and reader.week.monday == week and is_there:
            reader.taken.add(number)
    for who, each in waiting:
        reader = asking.get(who)
        if reader is not None and each.number not in judged:
            reader.expect(each, now)


def _waiting(
    session: Session, workspaces: Collection[str], people: Collection[str]
) -> Iterator[tuple[Who, _Expected]]:
    """Read what waits for people, alone or in pairings, and what Slack may have that nobody has counted."""
    for workspace_id, receiver, *message in rows_of(session, waiting_for(workspaces, people, COUNTED)):
        for user_id in people_in(receiver):
            yield (workspace_id, user_id), _Expected(*message)
    pairings: dict[int, list[Who]] = {}
    for pairing_id, *who in rows_of(session, pairings_of(workspaces, people)):
        pairings.setdefault(pairing_id, []).append((who[0], who[1]))
    for pairing_id, *message in rows_of(session, waiting_about(pairings, TO_PAIRINGS)) if pairings else ():
        for each in pairings[pairing_id]:
            yield each, _Expected(*message)
