"""What comes of a round's matching: pairings with a question, who is left over, the ledger, the record.

It is decided first, which takes effect once, then written some groups at a time, and told at last: whoever goes on
with it after a crash finds by the places taken what is still to be written.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy.orm import Session

from bot import prompts, round_facts, round_inputs
from bot import round_messages as messages
from bot.matching import Group, LeftOver, Result, Rules
from bot.members import hours_of
from bot.outbox import Message
from bot.question_bank import ANY_TIME, QuestionBank, default_bank
from bot.question_choice import Choice, History, choose
from bot.round_standing import Standing, standing_in
from bot.round_times import suits_most
from models import programmes as programme_tables
from models import round_work
from models import rounds as round_tables
from models.bulk import insert_missing, insert_new
from models.members import Member
from models.one_on_ones import pair_of
from models.programmes import MENTEE, MENTOR, Programme
from models.rounds import STANDING, Pairing, Partner, Round

PAIR: Final = 2
GONE, ANEW = "gone", "anew"
"""What the record of a round that did not go out as previewed says besides: who left, and how many groups are new."""


@dataclass(frozen=True)
class Planned:
    """A group with what its introduction needs besides."""

    group: Group
    told_at: datetime
    """When they can first read of each other."""
    choice: Choice
    """The opening question."""


def known(session: Session, workspace_id: str, user_ids: Iterable[str]) -> dict[str, Member]:
    """Find these people's records, keyed by id, however many they are; one query."""
    found = session.scalars(round_work.people(workspace_id, sorted(set(user_ids))))
    return {each.user_id: each for each in found}


def plan(session: Session, buddy_round: Round, groups: Sequence[Group], now: datetime) -> list[Planned]:
    """Find an opening question for each group, and when it is told; three queries however many there are."""
    people = known(session, buddy_round.workspace_id, (each for group in groups for each in group.members))
    pairs = [_talk(group.members) for group in groups]
    asked = prompts.histories(session, {(buddy_round.workspace_id, pair) for pair in pairs})
    planned = []
    for group, pair in zip(round_inputs.remembering(session, buddy_round, groups), pairs, strict=True):
        team = [hours_of(people[each]) for each in group.members]
        choice = _opening(
            buddy_round.workspace_id, pair, asked.get((buddy_round.workspace_id, pair), prompts.NOTHING)
        )
        planned.append(Planned(group, suits_most(team, now), choice))
    return planned


LONGEST_OPENING = 12
"""Words: an introduction has sixty in all."""


FIRST_PERSON: Final = frozenset({"i", "me", "my", "mine", "myself"})
"""Who says so in a question is the manager who asks it; between buddies nobody is."""


@cache
def short_questions() -> QuestionBank:
    """Give the questions that are short enough to open with, and that either of two peers could ask."""
    bank = default_bank()
    return QuestionBank(bank.themes, tuple(each for each in bank.questions if _is_an_opening(each.ask)))


def _is_an_opening(question: str) -> bool:
    words = re.findall(r"[a-z]+", question.lower())
    return len(question.split()) <= LONGEST_OPENING and FIRST_PERSON.isdisjoint(words)


def _opening(workspace_id: str, pair: str, asked: History) -> Choice:
    """Choose a question as for 1-on-1s; the same history gives the same one, whoever computes it."""
    chance = random.Random(f"{workspace_id}/{pair}/{len(asked.question_ids)}")
    return choose(short_questions(), asked, fits=frozenset({ANY_TIME}), chance=chance)


def _talk(people: Sequence[str]) -> str:
    """Name those whose questions are remembered together, as 1-on-1s name a pair."""
    return pair_of(*people) if len(people) == PAIR else ":".join(sorted(people))


def unwritten(session: Session, buddy_round: Round, groups: Sequence[Group]) -> list[tuple[int, Group]]:
    """List the groups of a decided round that have still to be written, with their places; one query."""
    taken = set(session.scalars(round_work.places(buddy_round.id)))
    return [(place, each) for place, each in enumerate(groups, start=1) if place not in taken]


def record(result: Result) -> dict[str, Any]:
    """Write how good a round is, and each relaxation."""
    return {
        "people": len({each for group in result.groups for each in group.members}),
        "groups": len(result.groups),
        "left_over": len(result.left_over),
        "affinity": result.affinity,
        "bound": result.bound,
        "is_proven": result.is_proven,
        "relaxations": [round_facts.written(each) for each in result.relaxations],
        "parts": -(-len(result.groups) // messages.GROUPS_A_MESSAGE),
    }


def add_pairings(
    session: Session,
    programme: Programme,
    buddy_round: Round,
    planned: Mapping[int, Planned],
    *,
    now: datetime,
) -> dict[int, int]:
    """Add pairings at these places, with who is in them, and give their ids by place; three statements."""
    alike = {
        "workspace_id": buddy_round.workspace_id,
        "round_id": buddy_round.id,
        "state": STANDING,
        "times": [],
        "is_broken": False,
    }
    rows = [_row(place, each) for place, each in planned.items()]
    made = insert_new(session, Pairing, rows, alike=alike, returning=["place", "id"])
    ids = {row.place: row.id for row in made}
    partners = [
        {"pairing_id": ids[place], "user_id": user_id, "role": _role(programme, nth)}
        for place, each in planned.items()
        for nth, user_id in enumerate(each.group.members)
    ]
    alike = {
        "workspace_id": programme.workspace_id,
        "programme_id": programme.id,
        "number": buddy_round.number,
    }
    insert_missing(session, Partner, partners, alike=alike)
    _remember_questions(session, buddy_round, planned.values(), now)
    return ids


def _row(place: int, planned: Planned) -> dict[str, Any]:
    return {
        "place": place,
        "reasons": [round_facts.written(each) for each in planned.group.reasons],
        "made_at": planned.told_at,
        "question_id": planned.choice.question.id,
    }


def _role(programme: Programme, nth: int) -> str | None:
    """A mentor comes first in a group."""
    if programme.mixing != programme_tables.MENTORING:
        return None
    return MENTOR if nth == 0 else MENTEE


def _remember_questions(
    session: Session, buddy_round: Round, planned: Iterable[Planned], now: datetime
) -> None:
    put = {_talk(each.group.members): each.choice for each in planned if len(each.group.members) == PAIR}
    prompts.remember(session, buddy_round.workspace_id, put, now=now)


def introductions(
    session: Session, buddy_round: Round, pairings: Sequence[Standing], now: datetime
) -> list[Message]:
    """Write to the people of these pairings who they are; one query."""
    people = known(session, buddy_round.workspace_id, (who for each in pairings for who in each.people))
    return [
        messages.to_pairing(
            messages.INTRODUCTION,
            buddy_round,
            each.pairing,
            [people[who] for who in each.people],
            now=now,
            until=buddy_round.ends_at,
        )
        for each in pairings
    ]


def leave_over(session: Session, buddy_round: Round, over: Sequence[LeftOver]) -> None:
    """Write for whom a round had nobody; who stands there already stays."""
    rows = [{"user_id": each.person, "reason": type(each.why).__name__} for each in over]
    alike = {"round_id": buddy_round.id, "workspace_id": buddy_round.workspace_id}
    insert_missing(session, round_tables.LeftOver, rows, alike=alike)


def settle_ledger(session: Session, buddy_round: Round, result: Result, rules: Rules) -> None:
    """Remember who had the worse end, so that they are served first next time; two statements."""
    over = {each.person for each in result.left_over}
    crowded = {
        each for group in result.groups if len(group.members) > rules.group_size for each in group.members
    }
    programme_id, number = buddy_round.programme_id, buddy_round.number
    session.execute(round_work.note_left_over(programme_id, sorted(over), number))
    session.execute(round_work.note_three(programme_id, sorted(crowded - over), number))


def news(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> list[Message]:
    """Write all that is to be told of a round that was matched; five queries."""
    came = buddy_round.record or {}
    introduced = introductions(session, buddy_round, standing_in(session, [buddy_round.id]), now)
    over = session.scalars(round_tables.LeftOver.people_of(buddy_round.id)).all()
    # Of a round without any group its owner hears as such.
    told = sorted(each for each in over if came.get("groups") or each != programme.owner)
    people = known(session, buddy_round.workspace_id, [*told, programme.owner])
    starts_at, until = buddy_round.starts_at, buddy_round.ends_at

    def to_member(kind: str, who: str, at: datetime) -> Message:
        return messages.to_member(kind, buddy_round, people[who], buddy_round.id, now=at, until=until)

    parts = int(came.get("parts", 0)) if programme.announces else 0
    return [
        *introduced,
        *(to_member(messages.LEFT_OVER, each, starts_at) for each in told),
        *messages.announcements(programme, buddy_round, parts, now),
        *([to_member(messages.CHANGED, programme.owner, now)] if ANEW in came else []),
        *([to_member(messages.TOO_FEW, programme.owner, now)] if not came.get("groups") else []),
    ]
