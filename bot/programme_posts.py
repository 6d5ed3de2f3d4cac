"""What a programme's posts lead to that Slack refused, or may have without letting us look: its owner decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self

from sqlalchemy.orm import Session

from bot import programme_news as news
from bot import programmes
from bot.errors import Refusal, Room
from bot.outbox import Later, Never
from bot.permissions import Actor, NotYourProgramme
from bot.programme_news import ANNOUNCEMENT, INVITATION, UNPOSTED, not_now
from bot.round_messages import ANNOUNCED_FOR, part_in
from models.members import Member
from models.outbox import DOUBTFUL, FAILED, READY, SENT, Delivery
from models.programmes import Programme
from models.rounds import MATCHED, Round

KINDS: Final = (INVITATION, ANNOUNCEMENT)
"""What a programme posts in its channel."""
LOOKED_UP_IN: Final = timedelta(minutes=10)
"""So much later it is known whether a post has to be asked about that an operator put back."""
_KEY_LENGTH: Final = 200
_DIGITS: Final = 9


class Settled(Refusal):
    """That is settled already, so I changed nothing. The channel shows what is there."""


class OutOfDate(Refusal):
    """That is out of date by now, so I post nothing. `/buddy` shows what is current."""


class Closed(Refusal):
    """I cannot post in {channel} now. Bring it back, or let me in with `/invite`, and press the button again."""


class Attempt(NamedTuple):
    """Names one attempt at a post, so that no answer about it is taken for one about another."""

    number: int
    key: str
    """The post's, which a restore does not change."""

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read what `str` wrote, and anybody could have; None if it is nothing of the kind."""
        number, _, key = text.partition(":")
        is_number = number.isascii() and number.isdigit() and len(number) <= _DIGITS
        is_key = key.isascii() and key.isprintable() and 0 < len(key) <= _KEY_LENGTH
        return cls(int(number), key) if is_number and is_key else None

    def __str__(self) -> str:
        return f"{self.number}:{self.key}"


@dataclass(frozen=True)
class Unposted:
    """A post that did not go as it should, as its programme's owner sees it."""

    attempt: Attempt
    kind: str
    channel: str
    refused_because: str | None
    """Slack's word for it; None if nobody knows whether the channel has it."""
    part: int = 1
    parts: int = 1
    """Of the announcement of a large round."""


def given_up(session: Session, delivery_id: int, *, now: datetime) -> None:
    """Hold the programme where its channel takes no post, and tell the owner; else ask the owner, once an attempt.

    To be called in the transaction that writes that a post is given up.
    """
    post = session.get_one(Delivery, delivery_id)
    programme = session.scalars(Programme.locked(post.workspace_id, _programme_of(session, post))).one()
    if programme.ended_at is not None:
        return
    because = news.HINDRANCES.get(post.reason or "")
    if because is None:
        _ask(session, programme, post, now)
        return
    news.hold(session, programme, because, now=now, is_unannounced=post.kind == ANNOUNCEMENT)
    if post.kind == INVITATION:
        news.invite_anew(session, programme, now=now)


def _programme_of(session: Session, post: Delivery) -> int:
    is_about_round = post.kind == ANNOUNCEMENT
    return session.get_one(Round, post.subject_id).programme_id if is_about_round else post.subject_id


def _ask(session: Session, programme: Programme, post: Delivery, now: datetime, *whom: str) -> None:
    if post.is_unresolved:
        post.reason = f"{post.reason}; {programme.owner} is asked"
    news.to_owner(session, programme, _question(post, *whom), UNPOSTED, now=now)


def _question(post: Delivery, *whom: str) -> str:
    """Write the key of the question about a post; with whom it is asked of who owns its programme later."""
    return ":".join([UNPOSTED, *whom, str(_attempt(post))])


def ask_successor(session: Session, programme: Programme, *, now: datetime) -> None:
    """Ask a new owner what an earlier one was asked and has not decided, once; what waits was passed on to them."""
    workspace_id, failed = programme.workspace_id, _given_up(session, programme)
    keys = [key for each in failed for key in (_question(each), _question(each, programme.owner))]
    asked = {each.key: each for each in session.scalars(Delivery.keyed_among([workspace_id], keys))}
    waiting = session.scalars(Delivery.ready_about([workspace_id], [UNPOSTED], [programme.id]))
    passed_on = {_asked_about(each) for each in waiting if each.receiver == programme.owner}
    for post in failed:
        before = asked.get(_question(post))
        is_theirs = _question(post, programme.owner) in asked or _attempt(post) in passed_on
        if before is not None and before.receiver != programme.owner and not is_theirs:
            _ask(session, programme, post, now, programme.owner)


def _given_up(session: Session, programme: Programme) -> list[Delivery]:
    """Read the posts of a programme that failed and may still be of use."""
    newest = session.scalars(Round.of_programme(programme.id).limit(news.NEWEST))
    under_way = [each.id for each in newest if each.state == MATCHED]
    subjects = {INVITATION: [programme.id], ANNOUNCEMENT: under_way}
    return [
        post
        for kind, ids in subjects.items()
        for post in session.scalars(Delivery.failed_about(programme.workspace_id, kind, ids))
    ]


def _attempt(post: Delivery) -> Attempt:
    return Attempt(post.attempt, post.key)


def post_again(session: Session, actor: Actor, attempt: Attempt, *, now: datetime) -> Unposted:
    """Have exactly this post sent once more, as its programme's owner wants.

    Raises NotYourProgramme, ProgrammeEnded, Settled if this was decided before, OutOfDate and Closed.
    """
    post, programme, case = _decidable(session, actor, attempt, now)
    if programme.held_because is not None:
        raise Closed(channel=Room(programme.channel))
    facts = case.facts(post)
    post.state, post.reason = READY, "its owner has it posted again"
    post.retry_at = post.lease_until = post.doubt_since = None
    post.expire_at = max(post.expire_at, min(now + ANNOUNCED_FOR, case.useful_until(post, now) or now))
    return facts


def is_there(session: Session, actor: Actor, attempt: Attempt, *, now: datetime) -> Unposted:
    """Take the owner's word that a post has arrived; raises what `post_again` does, but for Closed."""
    post, _, case = _decidable(session, actor, attempt, now)
    if not post.is_unresolved:
        raise Settled
    facts = case.facts(post)
    post.state, post.reason = SENT, "its owner says that it is there"
    post.channel, post.sent_at = post.receiver, post.doubt_since
    return facts


def _decidable(
    session: Session, actor: Actor, attempt: Attempt, now: datetime
) -> tuple[Delivery, Programme, Case]:
    """Find the post, locked, if it is for the actor to decide about this attempt."""
    post = session.scalars(Delivery.keyed(actor.workspace_id, attempt.key)).first()
    if post is None or post.kind not in KINDS:
        raise NotYourProgramme
    programme = programmes.owned(session, actor, _programme_of(session, post))
    if (post.state, post.attempt) != (FAILED, attempt.number):
        raise Settled
    buddy_round = session.get(Round, post.subject_id) if post.kind == ANNOUNCEMENT else None
    case = Case(programme, buddy_round)
    if case.useful_until(post, now) is None:
        raise OutOfDate
    return post, programme, case


@dataclass(frozen=True)
class Case:
    """What a post is judged by."""

    programme: Programme
    buddy_round: Round | None
    """None for an invitation."""

    def useful_until(self, post: Delivery, now: datetime) -> datetime | None:
        """Say until when the channel may read it; None if it may not any more."""
        if post.receiver != self.programme.channel:
            return None
        if post.kind == INVITATION:
            return now + news.LASTS if news.is_current(self.programme, post.key) else None
        theirs = self.buddy_round
        is_on = theirs is not None and theirs.state == MATCHED and now < theirs.ends_at
        return theirs.ends_at if theirs is not None and is_on else None

    def facts(self, post: Delivery) -> Unposted:
        """Say of it what its owner has to know."""
        reason = None if post.is_unresolved else post.reason
        attempt, channel = Attempt(post.attempt, post.key), self.programme.channel
        if self.buddy_round is None:
            return Unposted(attempt, post.kind, channel, reason)
        parts = int((self.buddy_round.record or {}).get("parts", 1))
        return Unposted(attempt, post.kind, channel, reason, part_in(post.key), parts)


def judge(
    session: Session, deliveries: Sequence[Delivery], *, now: datetime
) -> Mapping[int, Unposted | Later | Never]:
    """Decide with today's data whether owners have still to be asked; four queries however many there are."""
    seen = _Seen(session, deliveries)
    return {each.id: seen.verdict(each, now) for each in deliveries}


class _Seen:
    """What a batch of questions is judged by."""

    def __init__(self, session: Session, deliveries: Sequence[Delivery]) -> None:
        """Read programmes, owners, and the posts they are asked about."""
        workspaces = {each.workspace_id for each in deliveries}
        running = Programme.among(workspaces, {each.subject_id for each in deliveries})
        self._programmes = {each.id: each for each in session.scalars(running)}
        people = session.scalars(Member.among(workspaces, {each.receiver for each in deliveries}))
        self._owners = {(each.workspace_id, each.user_id): each for each in people}
        asked = Delivery.keyed_among(workspaces, {_asked_about(each).key for each in deliveries})
        self._posts = {(each.workspace_id, each.key): each for each in session.scalars(asked)}
        announced = {each.subject_id for each in self._posts.values() if each.kind == ANNOUNCEMENT}
        self._rounds = {each.id: each for each in session.scalars(Round.among(announced))}

    def verdict(self, question: Delivery, now: datetime) -> Unposted | Later | Never:
        """Decide whether one is still to be asked."""
        attempt, programme = _asked_about(question), self._programmes.get(question.subject_id)
        post = self._posts.get((question.workspace_id, attempt.key))
        owner = self._owners.get((question.workspace_id, question.receiver))
        if programme is None or post is None or post.attempt != attempt.number:
            return Never("it is settled")
        if post.state == DOUBTFUL:
            return Later(now + LOOKED_UP_IN, "it is looked up once more")
        if post.state != FAILED:
            return Never("it is settled")
        case = Case(programme, self._rounds.get(post.subject_id) if post.kind == ANNOUNCEMENT else None)
        if programme.ended_at is not None or case.useful_until(post, now) is None:
            return Never("it is of no use any more")
        if owner is None or owner.user_id != programme.owner:
            return Never("somebody else owns it now")
        if owner.is_deactivated:  # an admin may follow
            return Later(now + news.LOOK_AGAIN, "its owner has left")
        if programme.held_because is not None:
            return Later(now + news.LOOK_AGAIN, "the bot cannot post there")
        return not_now(owner, now, question.expire_at) or case.facts(post)


def _asked_about(question: Delivery) -> Attempt:
    text = question.key.removeprefix(f"{UNPOSTED}:")
    attempt = Attempt.read(text) or Attempt.read(text.partition(":")[2])  # after who was asked later
    assert attempt is not None  # its key is written here alone
    return attempt
