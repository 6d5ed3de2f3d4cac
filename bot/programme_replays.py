"""A round computed once more from its seed and all that went into it, and whether it comes out the same."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot import matching
from bot.errors import Refusal
from bot.matching import Result
from bot.permissions import Actor
from bot.programme_reports import owned_round
from bot.round_facts import read
from bot.round_steps import unpacked
from models import programme_reports as asked
from models.bulk import rows_of
from models.rounds import CLOSED, MATCHED, Round


class NothingToReplay(Refusal):
    """That round has not been matched, so there is nothing to compute again. `/buddy` shows when the next one is."""


class KeptByAnother(Refusal):
    """That round was kept by another version of Trellis, which reads it otherwise. I cannot compute it again."""


@dataclass(frozen=True)
class Kept:
    """What was kept of a round: what went into its matching as text, and what came of it."""

    number: int
    seed: int
    snapshot: str
    groups: frozenset[frozenset[str]]
    record: tuple[object, ...]
    """People left over, affinity, bound, and relaxations."""
    shown: str | None
    """What a preview showed, as text; this, and not what was sent, is then what came of the matching."""


@dataclass(frozen=True)
class Replayed:
    """What came of computing a round again."""

    number: int
    seed: int
    groups: int
    same: int
    """How many of the groups came out again."""
    is_same: bool
    """Whether everything did: groups, people left over, relaxations and how good it is."""
    was_previewed: bool


def kept(session: Session, actor: Actor, round_id: int) -> Kept:
    """Read what was kept of a round of a programme of the actor's.

    Raises NotYourProgramme and NothingToReplay.
    """
    _, held = owned_round(session, actor, round_id)
    if held.state not in (MATCHED, CLOSED) or held.snapshot is None or held.record is None:
        raise NothingToReplay
    shown = unpacked(held.result) if held.result is not None else None
    record = held.record
    relaxations = frozenset(read(record["relaxations"]))
    told = record["left_over"], record["affinity"], record["bound"], relaxations
    return Kept(held.number, held.seed, unpacked(held.snapshot), _first_groups(session, held), told, shown)


def _first_groups(session: Session, held: Round) -> frozenset[frozenset[str]]:
    """Read the groups as they were when the round began; swaps came later, and have later places."""
    assert held.record is not None  # looked at before
    people: dict[int, set[str]] = {}
    for pairing_id, user_id in rows_of(session, asked.first_partners(held.id, held.record["groups"])):
        people.setdefault(pairing_id, set()).add(user_id)
    return frozenset(map(frozenset, people.values()))


def replay(held: Kept) -> Replayed:
    """Compute the round again, which may take minutes and needs no store; raises KeptByAnother."""
    try:
        given = matching.restored(held.snapshot)
        before = matching.read(held.shown) if held.shown is not None else None
    except matching.UnknownFormat as unknown:
        raise KeptByAnother from unknown
    found = matching.replay(given)
    groups = held.groups if before is None else _groups(before)
    is_same = _told(found) == held.record and _groups(found) == groups if before is None else found == before
    same = len(groups & _groups(found))
    return Replayed(held.number, held.seed, len(groups), same, is_same, was_previewed=before is not None)


def _groups(result: Result) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(group.members) for group in result.groups)


def _told(result: Result) -> tuple[object, ...]:
    return len(result.left_over), result.affinity, result.bound, frozenset(result.relaxations)
