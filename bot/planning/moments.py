"""The moments of planning: when a meeting begins, when either of the two hears of it, when all that is decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from sqlalchemy.orm import Session

from bot.members import hours_of
from bot.recurrence import Recurrence, next_after, place
from bot.working_hours import WorkingHours, prep_moment
from models.bulk import rows_of
from models.members import Member
from models.one_on_ones import OneOnOne, Turn

AHEAD = timedelta(hours=96)
"""How long before its start an occurrence gets its question and its messages: more than the longest lead time
(48 h) and a weekend. Whoever works on fewer days gets them earlier still."""
MARGIN = timedelta(hours=1)
REMEMBERED = 10_000
"""So many steps and moments are kept: people meet on the hour, so those who are planned together share most."""


@dataclass(frozen=True, eq=False)
class Reach:
    """When somebody can be reached ahead of a meeting.

    There is one for all who are reached alike, so that moments are remembered by it without comparing hours.
    """

    lead: timedelta
    hours: WorkingHours


People = Mapping[tuple[str, str], Reach]
"""How the members are reached, by workspace and id."""


def people_of(session: Session, one_on_ones: Collection[OneOnOne | Turn]) -> People:
    """Read how both of each are reached; one query however many there are."""
    people = {person for each in one_on_ones for person in (each.organiser, each.partner)}
    rows = rows_of(session, Member.reached_among({each.workspace_id for each in one_on_ones}, people))
    return {(workspace_id, user_id): _reach(*facts) for workspace_id, user_id, *facts in rows}


def reach_of(member: Member) -> Reach:
    """Say how a member is reached."""
    return _reach(member.zone, member.work_days, member.work_starts, member.work_ends, member.lead_hours)


@lru_cache(maxsize=REMEMBERED)
def _reach(zone: str, work_days: str, work_starts: time, work_ends: time, lead_hours: int) -> Reach:
    hours = {"zone": zone, "work_days": work_days, "work_starts": work_starts, "work_ends": work_ends}
    return Reach(timedelta(hours=lead_hours), hours_of(Member(**hours)))


@lru_cache(maxsize=REMEMBERED)
def prep_opens(begins: datetime, reach: Reach) -> datetime:
    """Say when somebody hears of a meeting."""
    return prep_moment(begins, reach.lead, reach.hours)


def starts_at(one_on_one: OneOnOne) -> datetime:
    """Say when the next occurrence that has no row yet begins."""
    return placed(one_on_one.next_on, one_on_one.at, one_on_one.zone)


@lru_cache(maxsize=REMEMBERED)
def placed(on: date, at: time, zone: str) -> datetime:
    """Put a slot on the wall clock of a zone onto the time line."""
    return place(on, at, zone).starts_at


@lru_cache(maxsize=REMEMBERED)
def following(rule: str, on: date) -> date:
    """Step from the original day of a meeting to the next of its rhythm."""
    return next_after(Recurrence.parse(rule), on)


def fire_at(one_on_one: OneOnOne | Turn, on: date, people: People) -> datetime:
    """Plan a meeting before the first of the two may be written to: who works two days a week may hear days earlier."""
    begins = placed(on, one_on_one.at, one_on_one.zone)
    workspace_id = one_on_one.workspace_id
    organiser, partner = people[workspace_id, one_on_one.organiser], people[workspace_id, one_on_one.partner]
    return min(begins - AHEAD, prep_opens(begins, organiser) - MARGIN, prep_opens(begins, partner) - MARGIN)
