"""What comes of a round's matching: pairings with times and a question, who is left over, the ledger, the record."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from bot import members, outbox, prompts, round_facts
from bot import round_messages as messages
from bot.matching import Group, LeftOver, Result, Rules
from bot.members import hours_of
from bot.question_bank import ANY_TIME, QuestionBank, default_bank
from bot.question_choice import Asked, Choice, choose
from bot.round_times import NOTICE, meeting_times
from models import programmes as programme_tables
from models import rounds as round_tables
from models.bulk import insert_missing
from models.members import Member
from models.one_on_ones import pair_of
from models.programmes import MENTEE, MENTOR, Participant, Programme
from models.rounds import Pairing, Partner, Round

PAIR = 2
Known = Mapping[str, Member]


@dataclass(frozen=True)
class Planned:
    """A group with what its introduction needs besides."""

    group: Group
    times: tuple[datetime, ...]
    choice: Choice
    """The opening question."""


def known(session: Session, workspace_id: str, user_ids: Iterable[str]) -> dict[str, Member]:
    """Find these people's records, keyed by id."""
    wanted = sorted(set(user_ids))
    if len(wanted) <= FEW:
        return members.known(session, workspace_id, wanted)
    return {each.user_id: each for each in session.scalars(Member.people_of(workspace_id))}


FEW = 500
"""So many ids are asked for by name; of more, everybody of the workspace is read."""


def plan(session: Session, buddy_round: Round, groups: Sequence[Group], now: datetime) -> list[Planned]:
    """Find times and an opening question for each group; two queries however many there are."""
    people = known(session, buddy_round.workspace_id, (each for group in groups for each in group.members))
    pairs = [_talk(group.members) for group in groups]
    asked = prompts.histories(session, [buddy_round.workspace_id], pairs)
    since, until = max(now, buddy_round.starts_at) + NOTICE, buddy_round.ends_at
    planned = []
    for group, pair in zip(groups, pairs, strict=True):
        team = [hours_of(people[each]) for each in group.members]
        choice = _opening(buddy_round.workspace_id, pair, asked.get((buddy_round.workspace_id, pair), []))
        planned.append(Planned(group, tuple(meeting_times(team, since, until)), choice))
    return planned


LONGEST_OPENING = 12
"""Words: an introduction has sixty in all."""


@cache
def short_questions() -> QuestionBank:
    """Give the questions that are short enough to open with."""
    bank = default_bank()
    short = [each for each in bank.questions if len(each.ask.split()) <= LONGEST_OPENING]
    return QuestionBank(bank.themes, tuple(short))


def _opening(workspace_id: str, pair: str, asked: Sequence[Asked]) -> Choice:
    """Choose a question as for 1-on-1s; the same history gives the same one, whoever computes it."""
    chance = random.Random(f"{workspace_id}/{pair}/{len(asked)}")
    return choose(short_questions(), asked, fits=frozenset({ANY_TIME}), chance=chance)


def _talk(people: Sequence[str]) -> str:
    """Name those whose questions are remembered together, as 1-on-1s name a pair."""
    return pair_of(*people) if len(people) == PAIR else ":".join(sorted(people))


def keep(
    session: Session,
    programme: Programme,
    buddy_round: Round,
    result: Result,
    planned: Sequence[Planned],
    rules: Rules,
    *,
    now: datetime,
) -> None:
    """Write all that came of a round, and what is to be told of it, in the transaction at hand."""
    pairings = add_pairings(session, programme, buddy_round, planned, first_place=1, now=now)
    _leave_over(session, buddy_round, result.left_over)
    # Of a round without any group its owner hears as such.
    told = [each.person for each in result.left_over if pairings or each.person != programme.owner]
    _tell_left_over(session, buddy_round, told)
    _settle_ledger(session, buddy_round, result, rules)
    parts = -(-len(pairings) // messages.GROUPS_A_MESSAGE)
    buddy_round.record = {**record(result), "parts": parts}
    if programme.announces:
        outbox.enqueue(session, messages.announcements(programme, buddy_round, parts, now))


def record(result: Result) -> dict[str, Any]:
    """Write how good a round is, and each relaxation."""
    return {
        "people": sum(len(group.members) for group in result.groups),
        "groups": len(result.groups),
        "left_over": len(result.left_over),
        "affinity": result.affinity,
        "bound": result.bound,
        "is_proven": result.is_proven,
        "relaxations": [round_facts.written(each) for each in result.relaxations],
    }


def add_pairings(
    session: Session,
    programme: Programme,
    buddy_round: Round,
    planned: Sequence[Planned],
    *,
    first_place: int,
    now: datetime,
) -> list[Pairing]:
    """Add pairings from a place on, with who is in them, and have them introduced."""
    pairings = [
        _pairing(buddy_round, place, each, now) for place, each in enumerate(planned, start=first_place)
    ]
    session.add_all(pairings)
    session.flush()
    rows = [
        {"pairing_id": pairing.id, "user_id": user_id, "role": _role(programme, nth)}
        for pairing, each in zip(pairings, planned, strict=True)
        for nth, user_id in enumerate(each.group.members)
    ]
    alike = {
        "workspace_id": programme.workspace_id,
        "programme_id": programme.id,
        "number": buddy_round.number,
    }
    insert_missing(session, Partner, rows, alike=alike)
    _remember_questions(session, buddy_round, planned, now)
    _introduce(session, buddy_round, zip(pairings, planned, strict=True), now)
    return pairings


def _pairing(buddy_round: Round, place: int, planned: Planned, now: datetime) -> Pairing:
    return Pairing(
        workspace_id=buddy_round.workspace_id,
        round_id=buddy_round.id,
        place=place,
        reasons=[round_facts.written(each) for each in planned.group.reasons],
        times=[each.isoformat() for each in planned.times],
        question_id=planned.choice.question.id,
        made_at=now,
    )


def _role(programme: Programme, nth: int) -> str | None:
    """A mentor comes first in a group."""
    if programme.mixing != programme_tables.MENTORING:
        return None
    return MENTOR if nth == 0 else MENTEE


def _remember_questions(
    session: Session, buddy_round: Round, planned: Sequence[Planned], now: datetime
) -> None:
    put = {_talk(each.group.members): each.choice for each in planned if len(each.group.members) == PAIR}
    prompts.remember(session, buddy_round.workspace_id, put, now=now)


def _introduce(
    session: Session, buddy_round: Round, pairings: Iterable[tuple[Pairing, Planned]], now: datetime
) -> None:
    made = list(pairings)
    people = known(
        session, buddy_round.workspace_id, (each for _, planned in made for each in planned.group.members)
    )
    outbox.enqueue(
        session,
        [
            messages.to_pairing(
                messages.INTRODUCTION,
                buddy_round,
                pairing,
                [people[each] for each in planned.group.members],
                now=now,
                until=buddy_round.ends_at,
            )
            for pairing, planned in made
        ],
    )


def _leave_over(session: Session, buddy_round: Round, over: Sequence[LeftOver]) -> None:
    rows = [{"user_id": each.person, "reason": type(each.why).__name__} for each in over]
    alike = {"round_id": buddy_round.id, "workspace_id": buddy_round.workspace_id}
    insert_missing(session, round_tables.LeftOver, rows, alike=alike)


def _tell_left_over(session: Session, buddy_round: Round, user_ids: Sequence[str]) -> None:
    people = known(session, buddy_round.workspace_id, user_ids)
    now, until = buddy_round.starts_at, buddy_round.ends_at
    told = [
        messages.to_member(
            messages.LEFT_OVER, buddy_round, people[each], buddy_round.id, now=now, until=until
        )
        for each in user_ids
    ]
    outbox.enqueue(session, told)


def _settle_ledger(session: Session, buddy_round: Round, result: Result, rules: Rules) -> None:
    """Remember who had the worse end, so that they are served first next time."""
    over = {each.person for each in result.left_over}
    crowded = {
        each for group in result.groups if len(group.members) > rules.group_size for each in group.members
    }
    for participant in session.scalars(Participant.those(buddy_round.programme_id, sorted(over | crowded))):
        if participant.user_id in over:
            participant.left_over_in = buddy_round.number
        else:
            participant.three_in = buddy_round.number
