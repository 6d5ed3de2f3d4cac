"""A round one worker matches: what goes in, and the work itself, which needs no store and takes up to some seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bot import matching
from bot.matching import Group, Result

FEWEST: Final = 2
MOST_OPENED: Final = 100
"""So many groups of a preview are tried to make room for somebody; each takes a few milliseconds."""
MOST_AFFECTED: Final = 100
"""Beside so many who are matched anew groups are opened one by one."""


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
    decided: Result | None = None
    """What came of it already, and is still to be written."""
    is_kept: bool = True
    """Whether what goes in is kept, or has still to be."""

    @property
    def people(self) -> frozenset[str]:
        """The ids of all who take part."""
        return frozenset(self.placed) | {each.id for each in self.given.people}

    @property
    def is_called_off(self) -> bool:
        """Whether there are not two people for it."""
        is_open = not self.is_preview and self.decided is None
        return is_open and len(self.people) < FEWEST


def compute(job: Job, progress: matching.Progress) -> Result:
    """Match, which takes up to some seconds; raises what `progress` raises."""
    if job.decided is not None:
        return job.decided
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
