"""Nudges: whether one may still be sent at the moment of sending, what it says, and what people press under it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot import occurrences, planning, prompts
from bot.absences import spare
from bot.errors import Refusal
from bot.members import hours_of, silent_until
from bot.outbox import Later, Never
from bot.permissions import Actor
from bot.planning import CLOSING, PREP, REGISTERED
from bot.prompts import PutQuestion
from models.members import Member
from models.one_on_ones import ASKED, NEXT_TIME, PLANNED, Occurrence
from models.outbox import Delivery
from models.prompts import Prompt

NEWS_FIRST = timedelta(minutes=1)
"""How much later than the news of the registration a question comes that is due at the same time."""


class OnlyWhoAsks(Refusal):
    """Only the one who asks in this 1-on-1 can say so."""


class NotHeld(Refusal):
    """That 1-on-1 was skipped or has ended, so this button does nothing any more. `/1on1` shows yours."""


class MeetingIsOver(Refusal):
    """That 1-on-1 is over. `/1on1 ask` with a person's name gives you a question at any time."""


@dataclass(frozen=True)
class Nudge:
    """What a nudge tells its receiver."""

    occurrence_id: int
    receiver: str
    other: str
    zone: str
    """The receiver's."""
    starts_at: datetime
    minutes_left: int
    """Until its end, of its last fifteen."""
    asks: bool
    """Whether the receiver asks the question or reflects on it."""
    leads: bool
    """Whether the receiver asks alone, as the manager."""
    put: PutQuestion


def judge(
    session: Session, deliveries: Sequence[Delivery], *, now: datetime
) -> Mapping[int, Nudge | Later | Never]:
    """Decide with today's data what becomes of each; four queries however many there are."""
    workspaces = {delivery.workspace_id for delivery in deliveries}
    ids = {delivery.subject_id for delivery in deliveries}
    met = {each.id: each for each in session.scalars(Occurrence.among(workspaces, ids))}
    people = {person for each in met.values() for person in each.one_on_one.people}
    chosen = session.scalars(Member.among(workspaces, people))
    members = {(member.workspace_id, member.user_id): member for member in chosen}
    asked: dict[int | None, list[Prompt]] = {}
    for prompt in session.scalars(Prompt.of_occurrences(workspaces, ids)):
        asked.setdefault(prompt.occurrence_id, []).append(prompt)
    ids_of_pairs = {each.one_on_one_id for each in met.values()}
    waiting = session.execute(Delivery.waiting_about(workspaces, REGISTERED, ids_of_pairs))
    untold = {(one_on_one_id, receiver) for one_on_one_id, receiver in waiting}
    return {
        delivery.id: _after_the_news(
            delivery,
            _judge_one(delivery, met.get(delivery.subject_id), members, asked, now),
            untold,
            met,
            now,
        )
        for delivery in deliveries
    }


def _after_the_news(
    delivery: Delivery,
    verdict: Nudge | Later | Never,
    untold: Collection[tuple[int, str]],
    met: Mapping[int, Occurrence],
    now: datetime,
) -> Nudge | Later | Never:
    """Let nobody get a question for a 1-on-1 before they were told that there is one."""
    is_news = isinstance(verdict, Nudge) and delivery.kind == PREP
    if is_news and (met[delivery.subject_id].one_on_one_id, delivery.receiver) in untold:
        return Later(now + NEWS_FIRST, "the registration is told first")
    return verdict


def _judge_one(
    delivery: Delivery,
    occurrence: Occurrence | None,
    members: Mapping[tuple[str, str], Member],
    asked: Mapping[int | None, Sequence[Prompt]],
    now: datetime,
) -> Nudge | Later | Never:
    if occurrence is None:
        return Never("the meeting is gone")
    one_on_one = occurrence.one_on_one
    receiver = members[delivery.workspace_id, delivery.receiver]
    other = members[delivery.workspace_id, one_on_one.other(delivery.receiver)]
    hindrance = _hindrance(delivery, occurrence, receiver, other, now)
    if hindrance is not None:
        return hindrance
    prompt = prompts.current(asked.get(occurrence.id, []), receiver.user_id)
    if prompt is None or prompts.worded(prompt.question_id) is None:
        return Never("its question has been retired")
    return _nudge(occurrence, receiver, prompts.read(prompt, receiver.user_id), now)


def _hindrance(
    delivery: Delivery, occurrence: Occurrence, receiver: Member, other: Member, now: datetime
) -> Later | Never | None:
    """Find what forbids sending at this moment, if anything does."""
    if occurrence.one_on_one.ended_at is not None:
        return Never("the 1-on-1 has ended")
    if occurrence.state != PLANNED:
        return Never("skipped")
    if receiver.is_deactivated or other.is_deactivated:
        return Never("deactivated")
    if delivery.kind == CLOSING and not occurrence.one_on_one.asks(receiver.user_id):
        return Never("does not ask any more")
    if now < delivery.not_before:
        return None  # what is looked at before its time goes along with what is due
    return _not_now(delivery, occurrence, receiver, now)


def _not_now(
    delivery: Delivery, occurrence: Occurrence, receiver: Member, now: datetime
) -> Later | Never | None:
    """Find the first moment that suits the receiver; the closing nudge belongs to the meeting and asks no hours."""
    opens, closes = planning.window(delivery.kind, occurrence, planning.reach_of(receiver))
    if now < opens:
        return Later(opens, "the meeting was moved")
    silent = silent_until(receiver, now)
    earliest = min(max(now, silent or now), closes)
    if earliest < closes and delivery.kind == PREP:
        earliest = min(hours_of(receiver).next_working(earliest), closes)
    if earliest > now:
        # Put off to its end a nudge expires by itself, unless the pause ends or the meeting moves before that.
        return Later(earliest, "paused or away" if silent else "outside working hours")
    return spare(receiver, now, closes) if delivery.kind == PREP else None


def another(
    session: Session, actor: Actor, prompt_id: int, *, now: datetime
) -> tuple[PutQuestion, Nudge | None]:
    """Give the actor another question, also to the other if theirs has not been sent yet and the actor asks alone.

    Raises NoSuchQuestion, and NotHeld or MeetingIsOver if its meeting needs none any more.
    """
    prompt = prompts.of_actor(session, actor, prompt_id, to_change=True)
    if prompt.occurrence_id is None:
        return prompts.another(session, actor, prompt_id, for_both=False, now=now), None
    occurrence = _held(session, actor, prompt.occurrence_id)
    if now >= occurrence.ends_at:
        raise MeetingIsOver
    for_both = _leads_and_is_first(session, actor, occurrence)
    put = prompts.another(session, actor, prompt_id, for_both=for_both, now=now)
    return put, _nudge(occurrence, _member(session, actor), put, now)


def _leads_and_is_first(session: Session, actor: Actor, occurrence: Occurrence) -> bool:
    one_on_one = occurrence.one_on_one
    other = one_on_one.other(actor.user_id)
    return one_on_one.manager == actor.user_id and occurrences.is_unsent(session, occurrence, other)


def dismiss(
    session: Session, actor: Actor, prompt_id: int, *, now: datetime
) -> tuple[PutQuestion, Nudge | None] | None:
    """Remember that a question did not serve the pair and give another; None if the meeting is over."""
    prompt = prompts.of_actor(session, actor, prompt_id, to_change=True)
    if prompt.occurrence_id is not None:
        occurrence = _held(session, actor, prompt.occurrence_id)
        if now >= occurrence.ends_at:
            prompt.is_not_useful = True
            return None
    prompt.is_not_useful = True
    return another(session, actor, prompt_id, now=now)


def shown(session: Session, actor: Actor, occurrence_id: int, *, now: datetime) -> Nudge:
    """Read what stands for the actor at an occurrence; raises NotYourMeeting, NotHeld or NoSuchQuestion."""
    return _shown(session, actor, _held(session, actor, occurrence_id), now)


def _shown(session: Session, actor: Actor, occurrence: Occurrence, now: datetime) -> Nudge:
    asked = session.scalars(Prompt.of_occurrences([actor.workspace_id], [occurrence.id])).all()
    prompt = prompts.current(asked, actor.user_id)
    if prompt is None:
        raise prompts.NoSuchQuestion
    return _nudge(occurrence, _member(session, actor), prompts.read(prompt, actor.user_id), now)


def _held(session: Session, actor: Actor, occurrence_id: int, *, to_change: bool = False) -> Occurrence:
    """Find an occurrence of the actor's that takes place, or took; raises NotYourMeeting and NotHeld."""
    occurrence = occurrences.of_actor(session, actor, occurrence_id, to_change=to_change)
    if occurrence.state != PLANNED or occurrence.one_on_one.ended_at is not None:
        raise NotHeld
    return occurrence


def _member(session: Session, actor: Actor) -> Member:
    return session.get_one(Member, (actor.workspace_id, actor.user_id))


def _nudge(occurrence: Occurrence, receiver: Member, put: PutQuestion, now: datetime) -> Nudge:
    left = occurrence.ends_at - max(now, occurrence.closing_at)
    return Nudge(
        occurrence_id=occurrence.id,
        receiver=receiver.user_id,
        other=put.other,
        zone=receiver.zone,
        starts_at=occurrence.starts_at,
        minutes_left=max(1, round(left.total_seconds() / 60)),
        asks=occurrence.one_on_one.asks(receiver.user_id),
        leads=occurrence.one_on_one.manager == receiver.user_id,
        put=put,
    )


def close(
    session: Session, actor: Actor, occurrence_id: int, *, asked: bool, now: datetime
) -> tuple[Nudge, str]:
    """Record whether the question was asked, and give the outcome that stands.

    Between two peers each may say so; the first word stands, and saying it again changes nothing. What is
    wanted for next time is put again then.
    """
    occurrence = _held(session, actor, occurrence_id, to_change=True)
    nudge = _shown(session, actor, occurrence, now)
    if not nudge.asks:
        raise OnlyWhoAsks
    if occurrence.outcome is None:
        occurrence.outcome, occurrence.outcome_by = ASKED if asked else NEXT_TIME, actor.user_id
        if not asked:
            occurrences.keep_question(session, occurrence, nudge.put.question, now=now)
    return nudge, occurrence.outcome
