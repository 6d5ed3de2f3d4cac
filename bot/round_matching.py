"""Matching a round by one worker under a lease: what goes in, the work itself outside of any transaction, what came.

A worker that is killed loses its lease; another takes over, and comes to the same groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from bot import matching, outbox, round_inputs, round_results
from bot import round_messages as messages
from bot.enrolments import Out, takers
from bot.matching import Group, Result
from bot.round_results import Planned
from bot.round_steps import free_takers, hold, keep_input, next_step, packed, unpacked
from models.members import Member
from models.programmes import Programme
from models.rounds import ANNOUNCED, MATCHED, MATCHING, PREVIEW, PREVIEWED, Round

OPEN_TO_ALL: Final = frozenset({Out.LEFT, Out.GONE, Out.DEACTIVATED})
"""Why somebody is missing may be told; that they pause or sit a round out is theirs alone."""
MOST_OPENED: Final = 100
"""So many groups of a preview are tried to make room for somebody; each takes a few milliseconds."""
MOST_AFFECTED: Final = 100
"""Beside so many who are matched anew groups are opened one by one."""
LEASE_SECONDS: Final = 120.0
"""Progress prolongs it each second or so; matching is silent for much less than this."""


@dataclass(frozen=True)
class Job:
    """A round one worker matches; it needs no store meanwhile."""

    round_id: int
    worker: str
    given: matching.Round
    is_preview: bool
    kept: tuple[Group, ...] = ()
    """The groups of a preview that go out as they were shown; the matching is about everybody else."""
    shown: Result | None = None
    placed: Mapping[str, matching.Person] = field(default_factory=dict)
    """The people of these groups, by id."""
    gone: tuple[str, ...] = ()
    """Who was in the preview's groups and left the programme, the channel or the workspace, as anybody may know."""


class LeaseLost(Exception):
    """Another worker matches the round by now."""


def lease(session: Session, round_id: int, worker: str, now: datetime) -> Job | None:
    """Take a round to match it; None if another worker has, or there is nothing to match any more."""
    held = hold(session, round_id)
    if held is None:
        return None
    programme, buddy_round = held
    is_preview = buddy_round.wanted == PREVIEW and buddy_round.state in (ANNOUNCED, PREVIEWED)
    if not is_preview and buddy_round.state != MATCHING:
        buddy_round.wanted = None
        return None
    if session.scalar(Round.lease(round_id, worker, LEASE_SECONDS)) is None:
        return None
    if is_preview:
        present = free_takers(session, programme, buddy_round.number, now)
        keep_input(session, programme, buddy_round, present)
    session.flush()
    if buddy_round.result is not None and not is_preview:
        return _as_previewed(session, programme, buddy_round, worker, now)
    return Job(round_id, worker, _given(buddy_round), is_preview)


def _given(buddy_round: Round) -> matching.Round:
    assert buddy_round.snapshot is not None  # written when the round began, or was to be previewed
    return matching.restored(unpacked(buddy_round.snapshot))


def _as_previewed(
    session: Session, programme: Programme, buddy_round: Round, worker: str, now: datetime
) -> Job:
    """Keep the preview's groups nobody left meanwhile; whom that leaves alone is matched with who else is there."""
    assert buddy_round.result is not None
    shown, given = matching.read(unpacked(buddy_round.result)), _given(buddy_round)
    present = free_takers(session, programme, buddy_round.number, now)
    known = {each.id: each for each in round_inputs.people(session, programme, present, buddy_round.on)}
    kept = tuple(group for group in shown.groups if _may_stay(group, known))
    out = takers(session, programme, buddy_round.number, now).out
    gone = {each for group in shown.groups for each in group.members if out.get(each) in OPEN_TO_ALL}
    placed = {each for group in kept for each in group.members}
    mentors = {group.members[0]: 0 for group in kept} if given.rules.is_mentoring else {}
    for group in kept if mentors else ():
        mentors[group.members[0]] += 1
    affected = sorted((known.keys() - placed) | mentors.keys())
    people = tuple(_with_places_left(known[each], mentors) for each in affected)
    rest = replace(given, people=tuple(each for each in people if each is not None))
    return Job(
        buddy_round.id,
        worker,
        rest,
        is_preview=False,
        kept=kept,
        shown=shown,
        placed={each: known[each] for each in placed},
        gone=tuple(sorted(gone)),
    )


def _may_stay(group: Group, known: Mapping[str, matching.Person]) -> bool:
    """Whether all of a group are still there, and nobody of them has come to be out of the question for another."""
    if not known.keys() >= set(group.members):
        return False
    people = [known[each] for each in group.members]
    unwanted = {who for each in people for who in (*each.excludes, each.manager)}
    return unwanted.isdisjoint(group.members)


def _with_places_left(person: matching.Person, taken: Mapping[str, int]) -> matching.Person | None:
    """Leave a mentor the places the kept groups do not take; None if there are none left."""
    left = person.mentees - taken.get(person.id, 0)
    if person.id in taken and left <= 0:
        return None
    return replace(person, mentees=left) if person.id in taken else person


def compute(job: Job, progress: matching.Progress) -> Result:
    """Match, which takes up to some seconds; raises what `progress` raises."""
    given = job.given
    found = matching.match(given.people, given.history, given.rules, given.seed, progress=progress)
    if job.shown is None:
        return found
    kept, found = _with_room_made(job, found, progress)
    if not kept:
        return found
    members = {each.members for each in kept}
    placed = {who for group in members for who in group}
    over = tuple(each for each in found.left_over if each.person not in placed)
    if kept == job.shown.groups and not found.groups:
        return replace(job.shown, left_over=over)
    relaxed = tuple(each for each in job.shown.relaxations if _is_about(each, members))
    return Result(
        tuple(sorted((*kept, *found.groups), key=lambda group: group.members)),
        over,
        (*relaxed, *found.relaxations),
        affinity=sum(group.affinity for group in kept) + found.affinity,
        bound=job.shown.bound,
        is_proven=False,
    )


def _with_room_made(job: Job, found: Result, progress: matching.Progress) -> tuple[tuple[Group, ...], Result]:
    """Open up groups of a preview, as few as will do, where somebody would be left over beside them.

    Where many are to be matched anyway, all groups or none: to try one after another would take too long.
    """
    given, kept = job.given, list(job.kept)
    if not found.left_over or given.rules.is_mentoring:
        return job.kept, found
    people = list(given.people)
    if len(people) > MOST_AFFECTED:
        wider = [*people, *job.placed.values()]
        trial = matching.match(wider, given.history, given.rules, given.seed, progress=progress)
        return ((), trial) if len(trial.left_over) < len(found.left_over) else (job.kept, found)
    for tried, group in enumerate(job.kept[:MOST_OPENED]):
        if not found.left_over:
            break
        progress(tried, len(job.kept))
        wider = [*people, *(job.placed[each] for each in group.members)]
        trial = matching.match(wider, given.history, given.rules, given.seed)
        if len(trial.left_over) < len(found.left_over):
            found, people = trial, wider
            kept.remove(group)
    return tuple(kept), found


def _is_about(relaxation: object, groups: set[tuple[str, ...]]) -> bool:
    """Whether a relaxation concerns one of these groups."""
    members = getattr(relaxation, "members", None)
    if members is not None:
        return tuple(members) in groups
    pair = {getattr(relaxation, "first", ""), getattr(relaxation, "second", "")}
    return any(pair <= set(group) for group in groups)


def replayed(session: Session, round_id: int) -> Result:
    """Match a round once more from what was kept of it: the same seed and input give the same groups."""
    return matching.replay(_given(session.get_one(Round, round_id)))


def note_progress(session: Session, job: Job, done: int, of: int) -> None:
    """Write how far the matching is, which prolongs the lease; raises LeaseLost."""
    mine = Round.held(job.round_id, job.worker, LEASE_SECONDS).values(done=done, of=of)
    if session.scalar(mine) is None:
        raise LeaseLost


def plan(session: Session, job: Job, result: Result, now: datetime) -> list[Planned]:
    """Prepare the introductions, before the transaction that writes them."""
    buddy_round = session.get_one(Round, job.round_id)
    return [] if job.is_preview else round_results.plan(session, buddy_round, result.groups, now)


def finish(session: Session, job: Job, result: Result, planned: list[Planned], now: datetime) -> bool:
    """Write what came of it, and all that is to be told, once; False if another worker matches the round by now."""
    held = hold(session, job.round_id)
    if held is None or held[1].worker != job.worker:
        return False
    programme, buddy_round = held
    buddy_round.worker, buddy_round.lease_until, buddy_round.done = None, None, buddy_round.of
    if job.is_preview:
        _show(session, programme, buddy_round, result, now)
        return True
    if buddy_round.state != MATCHING:
        return False
    rules = round_inputs.rules_of(programme)
    buddy_round.state = MATCHED
    buddy_round.next_fire_at = next_step(programme, buddy_round, now)
    round_results.keep(session, programme, buddy_round, result, planned, rules, now=now)
    _tell_owner(session, programme, buddy_round, job, result, now)
    return True


def _show(session: Session, programme: Programme, buddy_round: Round, result: Result, now: datetime) -> None:
    buddy_round.result, buddy_round.wanted = packed(matching.written(result)), None
    buddy_round.state = PREVIEWED
    shown_to = buddy_round.wanted_by or programme.owner
    shown = messages.to_owner(
        messages.PREVIEWED, buddy_round, shown_to, buddy_round.drawn, _asked(now), now=now
    )
    outbox.enqueue(session, [shown])


def _asked(now: datetime) -> str:
    """Tell apart two previews of one seed: somebody may have joined in between."""
    return f"{now:%Y%m%dT%H%M%S}"


def _tell_owner(
    session: Session, programme: Programme, buddy_round: Round, job: Job, result: Result, now: datetime
) -> None:
    kinds = []
    shown = {each.members for each in job.shown.groups} if job.shown else set()
    sent = {each.members for each in result.groups}
    if job.shown is not None and sent != shown:
        changes = {"gone": list(job.gone), "anew": len(sent - shown)}
        buddy_round.record = {**(buddy_round.record or {}), **changes}
        kinds.append(messages.CHANGED)
    if not result.groups:
        kinds.append(messages.TOO_FEW)
    owner = session.get_one(Member, (programme.workspace_id, programme.owner))
    until = buddy_round.ends_at
    told = [
        messages.to_member(kind, buddy_round, owner, buddy_round.id, now=now, until=until) for kind in kinds
    ]
    outbox.enqueue(session, told)
