"""Matching a round by one worker under a lease: what goes in, the work itself outside of any transaction, what came.

What goes in is read outside of what writes, and kept; so is what came of it, before any of it is written. A worker
that is killed loses its lease; another takes over where it was, and comes to the same groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Session

from bot import matching, outbox, round_inputs, round_results, round_telling
from bot import round_messages as messages
from bot.matching import Group, LeftOver, Result
from bot.round_jobs import Job
from bot.round_results import ANEW, GONE, Planned, known
from bot.round_steps import free_takers, hold, packed, unpacked
from bot.round_takers import Out, takers
from models.programmes import Programme
from models.rounds import ANNOUNCED, CANCELLED, MATCHED, MATCHING, PREVIEW, PREVIEWED, TOLD, Round

OPEN_TO_ALL: Final = frozenset({Out.LEFT, Out.GONE, Out.DEACTIVATED})
"""Why somebody is missing may be told; that they pause or sit a round out is theirs alone."""
LEASE_SECONDS: Final = 120.0
"""Progress prolongs it each second or so; matching is silent for much less than this."""


class LeaseLost(Exception):
    """Another worker matches the round by now."""


class Lease(NamedTuple):
    """The right of one worker to match a round, or to preview it."""

    round_id: int
    worker: str
    is_preview: bool


def lease(session: Session, round_id: int, worker: str, now: datetime) -> Lease | None:
    """Take a round to match it; None if another worker has, or there is nothing to match any more."""
    held = hold(session, round_id)
    if held is None:
        return None
    _, buddy_round = held
    is_preview = buddy_round.wanted == PREVIEW and buddy_round.state in (ANNOUNCED, PREVIEWED)
    if not is_preview and buddy_round.state != MATCHING:
        buddy_round.wanted = None
        return None
    if session.scalar(Round.lease(round_id, worker, LEASE_SECONDS)) is None:
        return None
    return Lease(round_id, worker, is_preview)


def reads_people(session: Session, leased: Lease) -> bool:
    """Whether it is still to be read who takes part, for a round that is to be sent."""
    return not leased.is_preview and session.get_one(Round, leased.round_id).record is None


def gather(session: Session, leased: Lease, now: datetime) -> Job:
    """Read all that goes into a matching, as it stands now, or as it was kept; nothing is written."""
    buddy_round = session.get_one(Round, leased.round_id)
    programme = session.get_one(Programme, buddy_round.programme_id)
    if not leased.is_preview and buddy_round.record is not None:
        decided, *shown = unpacked(buddy_round.result or b"").split(PART)
        job = Job(*leased[:2], _given(buddy_round), is_preview=False, decided=matching.read(decided))
        return replace(job, shown=matching.read(shown[0])) if shown else job
    if leased.is_preview or buddy_round.snapshot is None:
        return Job(
            *leased[:2], _fresh(session, programme, buddy_round, now), leased.is_preview, is_kept=False
        )
    if buddy_round.result is not None:
        return _as_previewed(session, programme, buddy_round, leased.worker, now)
    return Job(*leased[:2], _given(buddy_round), is_preview=False)


PART: Final = "\n"
"""Between what was decided and what a preview showed; neither has a line break in it."""


def _fresh(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> matching.Round:
    present = free_takers(session, programme, buddy_round.number, now)
    if _is_announced(programme, buddy_round):
        unheard = round_telling.unheard(session, buddy_round, [each.member.user_id for each in present])
        present = [each for each in present if each.member.user_id not in unheard]
    people = tuple(round_inputs.people(session, programme, present, buddy_round.on))
    met = round_inputs.history(session, programme, buddy_round.number)
    return matching.Round(people, met, round_inputs.rules_of(programme), buddy_round.seed)


def _is_announced(programme: Programme, buddy_round: Round) -> bool:
    """Whether people were told of a round before it begins at its hour; if not all, none misses it for that."""
    is_near = buddy_round.at is not None and buddy_round.number < programme.next_number
    return is_near and buddy_round.is_heard_of


def _given(buddy_round: Round) -> matching.Round:
    assert buddy_round.snapshot is not None  # kept when it was first matched, or was to be previewed
    return matching.restored(unpacked(buddy_round.snapshot))


def _as_previewed(
    session: Session, programme: Programme, buddy_round: Round, worker: str, now: datetime
) -> Job:
    """Keep the preview's groups that may still be; whom that leaves alone is matched with who else is there.

    By other rules than it was made by all are matched anew.
    """
    assert buddy_round.result is not None
    shown, given = matching.read(unpacked(buddy_round.result)), _given(buddy_round)
    today = _fresh(session, programme, buddy_round, now)
    out = takers(session, programme, buddy_round.number, now).out
    gone = {each for group in shown.groups for each in group.members if out.get(each) in OPEN_TO_ALL}
    job = Job(buddy_round.id, worker, today, is_preview=False, shown=shown, gone=tuple(sorted(gone)))
    if today.rules != given.rules:
        return replace(job, is_kept=False)
    kept = matching.admissible(shown.groups, today.people, today.rules)
    known = {each.id: each for each in today.people}
    placed = {each for group in kept for each in group.members}
    taken = Counter(group.members[0] for group in kept if today.rules.is_mentoring)
    people = (
        _with_places_left(known[each], taken) for each in sorted((known.keys() - placed) | taken.keys())
    )
    rest = replace(today, people=tuple(each for each in people if each is not None), seed=given.seed)
    return replace(job, given=rest, kept=kept, placed={each: known[each] for each in placed})


def _with_places_left(person: matching.Person, taken: Mapping[str, int]) -> matching.Person | None:
    """Leave a mentor the places the kept groups do not take; None if there are none left."""
    left = person.mentees - taken.get(person.id, 0)
    if person.id in taken and left <= 0:
        return None
    return replace(person, mentees=left) if person.id in taken else person


def replayed(session: Session, round_id: int) -> Result:
    """Match a round once more from what was kept of it: the same seed and input give the same groups."""
    return matching.replay(_given(session.get_one(Round, round_id)))


def note_progress(session: Session, job: Job | Lease, done: int, of: int) -> None:
    """Write how far the matching is, which prolongs the lease; raises LeaseLost."""
    mine = Round.held(job.round_id, job.worker, LEASE_SECONDS).values(done=done, of=of)
    if session.scalar(mine) is None:
        raise LeaseLost


def _mine(session: Session, job: Job | Lease) -> tuple[Programme, Round]:
    """Hold a round that this worker matches, which prolongs the lease; raises LeaseLost."""
    held = hold(session, job.round_id)
    mine = Round.held(job.round_id, job.worker, LEASE_SECONDS)
    if held is None or session.scalar(mine) is None:
        raise LeaseLost
    programme, buddy_round = held
    if not job.is_preview and buddy_round.state != MATCHING:
        raise LeaseLost
    return programme, buddy_round


def snapshot(job: Job) -> bytes:
    """Write down what goes in."""
    return packed(matching.snapshot(job.given))


def keep_input(session: Session, job: Job, kept: bytes) -> None:
    """Keep what goes in, by which the round can be replayed; raises LeaseLost."""
    _, buddy_round = _mine(session, job)
    buddy_round.snapshot, buddy_round.done, buddy_round.of = kept, 0, len(job.given.people)


def call_off(session: Session, job: Job, now: datetime) -> None:
    """Leave out a round for which there are not two people, and say so to the owner and the one; raises LeaseLost."""
    programme, buddy_round = _mine(session, job)
    alone = sorted(job.people)
    buddy_round.state, buddy_round.wanted = CANCELLED, None
    buddy_round.record = {"people": 0, "groups": 0, "left_over": len(alone), "relaxations": []}
    people = known(session, programme.workspace_id, [programme.owner, *alone])
    told = [
        messages.to_member(
            messages.TOO_FEW, buddy_round, people[each], buddy_round.id, now=now, until=buddy_round.ends_at
        )
        for each in dict.fromkeys([programme.owner, *alone])
    ]
    outbox.enqueue(session, told)


def written(job: Job, result: Result) -> bytes:
    """Write down what came of a matching, for a round to be sent beside what its preview showed."""
    texts = [matching.written(each) for each in (result, _replayed_as(job)) if each is not None]
    return packed(PART.join(texts[:1] if job.is_preview else texts))


def show(session: Session, job: Job, result: bytes, now: datetime) -> None:
    """Keep what came of a preview, and show it to whoever asked for it; raises LeaseLost."""
    programme, buddy_round = _mine(session, job)
    buddy_round.worker, buddy_round.lease_until, buddy_round.done = None, None, buddy_round.of
    buddy_round.result, buddy_round.wanted, buddy_round.state = result, None, PREVIEWED
    shown_to = buddy_round.wanted_by or programme.owner
    asked = _asked(now)
    told = messages.to_owner(messages.PREVIEWED, buddy_round, shown_to, buddy_round.drawn, asked, now=now)
    outbox.enqueue(session, [told])


def _asked(now: datetime) -> str:
    """Tell apart two previews of one seed: somebody may have joined in between."""
    return f"{now:%Y%m%dT%H%M%S}"


def decide(session: Session, job: Job, result: Result, kept: bytes) -> None:
    """Let this be what comes of the round, whoever goes on to write it; raises LeaseLost."""
    _, buddy_round = _mine(session, job)
    buddy_round.result, buddy_round.record = kept, record(job, result)


def record(job: Job, result: Result) -> dict[str, Any]:
    """Write how good a round is, each relaxation, and what is otherwise than previewed."""
    shown = {each.members for each in job.shown.groups} if job.shown else set()
    sent = {each.members for each in result.groups}
    changes = {GONE: list(job.gone), ANEW: len(sent - shown)} if job.shown and sent != shown else {}
    return {**round_results.record(result), **changes}


def unwritten(session: Session, job: Job, result: Result) -> list[tuple[int, Group]]:
    """List the groups that have still to be written, with their places."""
    return round_results.unwritten(session, session.get_one(Round, job.round_id), result.groups)


def plan(
    session: Session, job: Job, groups: Sequence[tuple[int, Group]], now: datetime
) -> dict[int, Planned]:
    """Prepare some groups, by place, before the transaction that writes them."""
    planned = round_results.plan(
        session, session.get_one(Round, job.round_id), [group for _, group in groups], now
    )
    return {place: each for (place, _), each in zip(groups, planned, strict=True)}


def write(session: Session, job: Job, planned: Mapping[int, Planned], now: datetime) -> None:
    """Write some of the groups; nobody hears of them yet. Raises LeaseLost."""
    programme, buddy_round = _mine(session, job)
    round_results.add_pairings(session, programme, buddy_round, planned, now=now)


def leave_over(session: Session, job: Job, over: Sequence[LeftOver]) -> None:
    """Write for whom there is nobody; raises LeaseLost."""
    _, buddy_round = _mine(session, job)
    round_results.leave_over(session, buddy_round, over)


def shown(job: Job) -> bytes | None:
    """Write down what a preview showed; None without one."""
    before = _replayed_as(job)
    return packed(matching.written(before)) if before else None


def _replayed_as(job: Job) -> Result | None:
    """Give the preview whose input is what is kept of the round; none if other rules had it matched anew."""
    return job.shown if job.is_kept else None


def finish(session: Session, job: Job, result: Result, shown: bytes | None, now: datetime) -> None:
    """Let a round that is written be matched, once; what is to be told of it is its next step. Raises LeaseLost."""
    _, buddy_round = _mine(session, job)
    buddy_round.worker, buddy_round.lease_until, buddy_round.done = None, None, buddy_round.of
    buddy_round.state, buddy_round.next_fire_at = MATCHED, now
    buddy_round.result = shown
    buddy_round.record = {**(buddy_round.record or {}), TOLD: False}
    round_results.settle_ledger(session, buddy_round, result, job.given.rules)
