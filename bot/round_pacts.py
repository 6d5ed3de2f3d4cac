"""Pacts: two who met go on together for some weeks, with a prompt now and then, and then choose how to go on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot import outbox
from bot import round_messages as messages
from bot.absences import spare
from bot.errors import Refusal
from bot.members import hours_of, silent_until
from bot.outbox import Later, Message, Never
from bot.permissions import Actor
from bot.recurrence import local_day, place
from bot.round_facts import PactFacts
from bot.round_partings import parted
from bot.round_results import known
from bot.round_times import suits_most
from models import round_work
from models.members import Member
from models.outbox import Delivery
from models.pacts import OFFERED, OVER, REFUSED, STANDING, Pact
from models.programmes import Programme
from models.rounds import DISSOLVED, Pairing, Round

OFFER, PROMPT, END = "buddies.pact_offer", "buddies.pact_prompt", "buddies.pact_end"
PROMPT_DAYS: Final = (3, 14, 28)
EXTEND, ROTATE, REMATCH = "extend", "rotate", "rematch"
"""How to go on after a pact: the same two again, back to the rounds, or somebody new at once."""
OF_USE: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)


class NotYourPact(Refusal):
    """I do not know a pact of yours behind that. `/buddy` shows where you stand."""


class PactIsOver(Refusal):
    """That pact is over, so this button does nothing any more. `/buddy` shows where you stand."""


@dataclass(frozen=True)
class Agreed:
    """What stands after somebody agreed."""

    pact_id: int
    others: tuple[str, ...]
    weeks: int
    stands: bool
    """Whether all have agreed by now."""


def offer(
    session: Session, programme: Programme, pairing: Pairing, people: Sequence[str], *, now: datetime
) -> None:
    """Ask those who met whether they go on together, where the programme offers it; once a pairing."""
    if programme.pact_weeks is None or len(people) < len(("one", "other")):
        return
    row = {
        "workspace_id": programme.workspace_id,
        "programme_id": programme.id,
        "pairing_id": pairing.id,
        "people": sorted(people),
        "agreed": [],
        "weeks": programme.pact_weeks,
        "state": OFFERED,
        "term": 1,
    }
    if session.scalar(Pact.of_pairing(pairing.id)) is None:
        session.add(Pact(**row))
        session.flush()
        pact = session.scalars(Pact.of_pairing(pairing.id)).one()
        _ask_each(session, OFFER, pact, pact.people, now)


def _ask_each(session: Session, kind: str, pact: Pact, receivers: Collection[str], now: datetime) -> None:
    people, about = known(session, pact.workspace_id, receivers), _about(session, pact)
    told = []
    for user_id in receivers:
        opens = hours_of(people[user_id]).next_working(now)
        key = f"{about}:{kind.removeprefix('buddies.')}:{user_id}"
        told.append(Message(pact.workspace_id, key, kind, user_id, pact.id, opens, opens + OF_USE))
    outbox.enqueue(session, told)


def _about(session: Session, pact: Pact) -> str:
    """Begin the key of what is told of a pact: by its pairing's place in a round, which a restore does not change."""
    pairing = session.get_one(Pairing, pact.pairing_id)
    return messages.about(session.get_one(Round, pairing.round_id), pairing.place, "pact", pact.term)


def agree(session: Session, actor: Actor, pact_id: int, *, now: datetime) -> Agreed:
    """Agree to go on together; it stands once all have. Raises NotYourPact and PactIsOver.

    What somebody else refused, or cannot be as they are gone or keep away, looks as if they had not answered.
    """
    pact, programme = of_actor(session, actor, pact_id)
    # Held, so that nobody swaps away from a pairing as it becomes a pact.
    pairing = session.scalars(Pairing.locked(pact.pairing_id).execution_options(populate_existing=True)).one()
    if pact.state == OVER or _is_left(pact, pairing):
        raise PactIsOver
    others = tuple(each for each in pact.people if each != actor.user_id)
    if pact.state == OFFERED:
        pact.agreed = sorted({*pact.agreed, actor.user_id})
        if set(pact.agreed) == set(pact.people) and not parted(session, [pact], now):
            _begin(pact, programme, now)
    return Agreed(pact.id, others, pact.weeks, pact.state == STANDING)


def _is_left(pact: Pact, pairing: Pairing) -> bool:
    """Whether somebody left the pairing a pact is to come of, so that nothing comes of it any more."""
    return pact.state != STANDING and pairing.state == DISSOLVED


def refuse(session: Session, actor: Actor, pact_id: int) -> None:
    """Let an offered pact be; raises NotYourPact and PactIsOver."""
    pact, _ = of_actor(session, actor, pact_id)
    if pact.state not in (OFFERED, REFUSED):
        raise PactIsOver
    pact.state = REFUSED


def of_actor(session: Session, actor: Actor, pact_id: int) -> tuple[Pact, Programme]:
    """Find a pact of the actor's, locked, and its programme; raises NotYourPact."""
    pact = session.scalar(Pact.locked(pact_id))
    if pact is None or pact.workspace_id != actor.workspace_id or actor.user_id not in pact.people:
        raise NotYourPact
    return pact, session.get_one(Programme, pact.programme_id)


def _begin(pact: Pact, programme: Programme, now: datetime) -> None:
    pact.state, pact.begins_on = STANDING, local_day(now, programme.zone)
    pact.ends_on = pact.begins_on + pact.weeks * 7 * _DAY
    pact.next_fire_at = _at(programme, _days(pact)[0])


def _days(pact: Pact) -> list[date]:
    """List the days of a pact's prompts, and its last."""
    assert pact.begins_on is not None  # it stands
    assert pact.ends_on is not None
    prompts = [pact.begins_on + count * _DAY for count in PROMPT_DAYS if count < pact.weeks * 7]
    return [*prompts, pact.ends_on]


def _day_of(pact: Pact, delivery: Delivery) -> int:
    """Say which day's prompt a message brings, 0 for none; one that falls on the end comes with the question."""
    if delivery.kind == PROMPT:
        return int(delivery.key.rpartition(":")[2])
    last = pact.weeks * 7
    return last if delivery.kind == END and last in PROMPT_DAYS else 0


def _at(programme: Programme, day: date) -> datetime:
    return place(day, programme.at, programme.zone).starts_at


def take(session: Session, pact_id: int, now: datetime) -> bool:
    """Take the step of a pact that is due; False if somebody else has. What an outage took is not caught up on."""
    pact = session.scalar(Pact.locked(pact_id))
    if pact is None or pact.state != STANDING or pact.next_fire_at is None or pact.next_fire_at > now:
        return False
    if _ended(session, [pact], now):
        return True
    programme = session.get_one(Programme, pact.programme_id)
    days = _days(pact)
    due = [day for day in days if _at(programme, day) <= now]
    if due[-1] == pact.ends_on:
        pact.state, pact.agreed = OVER, []
        _ask_each(session, END, pact, pact.people, now)
        return True
    _prompt(session, pact, PROMPT_DAYS[len(due) - 1], now)
    pact.next_fire_at = _at(programme, days[len(due)])
    return True


def standing_in(
    session: Session, programme: Programme, now: datetime, *, among: Collection[str] | None = None
) -> list[Pact]:
    """Give a programme's pacts, or those of some people, that stand and can go on."""
    chosen = Pact.standing_in(programme.id) if among is None else round_work.pacts_of(programme.id, among)
    pacts = session.scalars(chosen).all()
    over = parted(session, pacts, now)
    return [each for each in pacts if each.id not in over]


def lasting_until(
    session: Session,
    programme: Programme,
    until: datetime,
    now: datetime,
    *,
    among: Collection[str] | None = None,
) -> list[Pact]:
    """Give a programme's pacts, or those of some people, that stand and are not over before a moment."""
    standing = standing_in(session, programme, now, among=among)
    return [each for each in standing if each.ends_on is not None and _at(programme, each.ends_on) >= until]


def parted_in(session: Session, programme: Programme, now: datetime) -> list[int]:
    """Name a programme's pacts that stand and cannot go on."""
    return list(parted(session, session.scalars(Pact.standing_in(programme.id)).all(), now))


def end_parted(session: Session, pact_ids: Collection[int], now: datetime) -> None:
    """End those of these pacts that cannot go on."""
    pacts = session.scalars(Pact.among(pact_ids).with_for_update()).all()
    _ended(session, [each for each in pacts if each.state == STANDING], now)


def _ended(session: Session, pacts: Sequence[Pact], now: datetime) -> Collection[int]:
    """End those of these pacts that cannot go on, and tell who still takes part without saying why."""
    over = parted(session, pacts, now)
    for pact in pacts:
        if pact.id in over:
            pact.state, pact.agreed, pact.next_fire_at = OVER, [], None
            _ask_each(session, END, pact, sorted(over[pact.id]), now)
    return over


def _prompt(session: Session, pact: Pact, day: int, now: datetime) -> None:
    people = known(session, pact.workspace_id, pact.people)
    opens = suits_most([hours_of(people[each]) for each in pact.people], now)
    key = f"{_about(session, pact)}:{day}"
    receiver = outbox.group(pact.people)
    outbox.enqueue(
        session, [Message(pact.workspace_id, key, PROMPT, receiver, pact.id, opens, opens + OF_USE)]
    )


@dataclass(frozen=True)
class Action:
    """What an action agreed on in a pact begins with as a goal."""

    names: tuple[str, ...]
    """What the others are called."""
    due_on: date | None


def action_of(session: Session, actor: Actor, pact_id: int) -> Action:
    """Say what a goal out of a pact of the actor's begins with; raises NotYourPact."""
    pact, _ = of_actor(session, actor, pact_id)
    others = [each for each in pact.people if each != actor.user_id]
    people = known(session, pact.workspace_id, others)
    return Action(tuple(people[each].name for each in others), pact.ends_on)


def extend(session: Session, actor: Actor, pact_id: int, *, now: datetime) -> Agreed:
    """Ask for the same weeks again; they begin once all have. Raises NotYourPact."""
    pact = of_actor(session, actor, pact_id)[0]
    if pact.state == OVER:
        pact.state, pact.agreed, pact.term = OFFERED, [], pact.term + 1
        pact.next_fire_at = None
        _ask_others(session, pact, actor.user_id, now)
    return agree(session, actor, pact.id, now=now)


def _ask_others(session: Session, pact: Pact, user_id: str, now: datetime) -> None:
    """Ask the others whether they want the same weeks again, but for those whose question is still to come."""
    waiting = session.execute(Delivery.waiting_about([pact.workspace_id], END, [pact.id])).all()
    asked = {user_id, *(receiver for _, receiver in waiting)}
    _ask_each(session, OFFER, pact, [each for each in pact.people if each not in asked], now)


def judge(
    session: Session, deliveries: Sequence[Delivery], *, now: datetime
) -> Mapping[int, PactFacts | Later | Never]:
    """Decide with today's data what becomes of each; seven queries however many there are."""
    pacts = {each.id: each for each in session.scalars(Pact.among({each.subject_id for each in deliveries}))}
    workspaces = {delivery.workspace_id for delivery in deliveries}
    theirs = {each.programme_id for each in pacts.values()}
    programmes = {each.id: each for each in session.scalars(Programme.among(workspaces, theirs))}
    people = {who for each in pacts.values() for who in each.people}
    found = session.scalars(Member.among(workspaces, people)) if people else ()
    members = {(each.workspace_id, each.user_id): each for each in found}
    pairings = {
        each.id: each for each in session.scalars(Pairing.among(workspaces, _came_of(pacts.values())))
    }
    left = {each.id: each.people for each in pacts.values() if _is_left(each, pairings[each.pairing_id])}
    over: Mapping[int, Collection[str]] = {**left, **parted(session, list(pacts.values()), now)}
    return {
        delivery.id: _judge_one(
            delivery,
            pacts.get(delivery.subject_id),
            programmes,
            members,
            now,
            staying=over.get(delivery.subject_id),
        )
        for delivery in deliveries
    }


def _came_of(pacts: Iterable[Pact]) -> set[int]:
    return {each.pairing_id for each in pacts}


def _judge_one(
    delivery: Delivery,
    pact: Pact | None,
    programmes: Mapping[int, Programme],
    members: Mapping[tuple[str, str], Member],
    now: datetime,
    *,
    staying: Collection[str] | None,
) -> PactFacts | Later | Never:
    """Judge one; of a pact that cannot go on it is given who still takes part."""
    is_parted = staying is not None
    if is_parted and delivery.kind != END:
        return Never("one of them takes no part any more")
    if pact is None or pact.state not in _WHILE[delivery.kind]:
        return Never("it stands otherwise by now")
    if pact.state == OFFERED and delivery.receiver in pact.agreed:
        return Never("agreed")
    to = pact.people if delivery.kind == PROMPT else [delivery.receiver]
    team = [members[delivery.workspace_id, each] for each in to]
    if any(member.is_deactivated for member in team):
        return Never("deactivated")
    hindrance = _not_now(team, now)
    if hindrance is None and delivery.kind != PROMPT:
        hindrance = spare(team[0], now, delivery.expire_at)
    if hindrance is not None:
        return hindrance
    others = tuple(each for each in pact.people if each not in to) or tuple(pact.people)
    programme = programmes[pact.programme_id]
    is_in = staying is None or delivery.receiver in staying
    return PactFacts(
        pact_id=pact.id,
        pairing_id=pact.pairing_id,
        others=others,
        channel=programme.channel,
        weeks=pact.weeks,
        day=_day_of(pact, delivery),
        is_again=pact.term > 1,
        is_parted=is_parted,
        has_next=is_in and programme.ended_at is None,
    )


def _not_now(team: Sequence[Member], now: datetime) -> Later | None:
    """Put off what goes to all of them; where they share no hours, until one of them is at work."""
    silent = [until for member in team if (until := silent_until(member, now)) is not None]
    if silent:
        return Later(min(*silent, now + _DAY), "paused or away")
    opens = suits_most([hours_of(member) for member in team], now)
    return Later(opens, "outside the hours they share") if opens > now else None


_WHILE: Final = {OFFER: (OFFERED,), PROMPT: (STANDING,), END: (OVER, OFFERED, REFUSED)}
"""In which states each is of use: how to go on is also asked of those whose buddy wants the same weeks again."""
