"""The messages of a round: to whom, about which row, keyed by the round, and in which window they are of use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from bot.members import hours_of
from bot.outbox import Message, group
from bot.programme_news import ANNOUNCEMENT as ANNOUNCEMENT
from bot.programme_settings import settings_of
from bot.round_times import next_working, suits_most
from bot.working_hours import WorkingHours, prep_moment
from models.members import Member
from models.programmes import Programme
from models.rounds import Pairing, Round

HEADS_UP = "buddies.heads_up"
INTRODUCTION = "buddies.introduction"
LEFT_OVER, LEFT_OUT, TOO_FEW = "buddies.left_over", "buddies.left_out", "buddies.too_few"
HALFWAY, CLOSING, SILENCED = "buddies.halfway", "buddies.closing", "buddies.silenced"
PARTED, REPLACED, UNREACHABLE = "buddies.parted", "buddies.replaced", "buddies.unreachable"
PREVIEWED, CHANGED = "buddies.previewed", "buddies.changed"
NO_PART: Final = "takes no part in it any more"
"""Why a heads-up is not sent to somebody who left, pauses or sits the round out."""
SOMEBODY_LEFT: Final = "somebody is not there any more"
SOMEBODY_AWAY: Final = "somebody is away for most of it"
TAKEN_BACK_FOR_SOMEBODY: Final = frozenset({SOMEBODY_LEFT, SOMEBODY_AWAY})
"""Why an introduction is not sent until its pairing is mended."""
GROUPS_A_MESSAGE: Final = 75
"""So many groups of four with ids of 32 characters stay below what Slack takes in one message."""
ANNOUNCED_FOR: Final = timedelta(days=2)
ASKED_FOR: Final = timedelta(hours=12)
"""How long the answer to what an owner asked for is of use."""


def about(buddy_round: Round, *rest: object) -> str:
    """Write the key of a message about a round: by its number in the programme, which a restore does not change."""
    return ":".join(["round", str(buddy_round.programme_id), str(buddy_round.number), *map(str, rest)])


def to_member(
    kind: str,
    buddy_round: Round,
    member: Member,
    subject_id: int,
    *key: object,
    now: datetime,
    until: datetime,
) -> Message:
    """Write to one person, in their working hours."""
    opens = next_working(hours_of(member), now)
    name = key_to_one(kind, buddy_round, member.user_id, *key)
    # A message is of use for some time after it could first be read, even if the round is over by then.
    ends = max(until, opens + ANNOUNCED_FOR)
    return Message(buddy_round.workspace_id, name, kind, member.user_id, subject_id, opens, ends)


def key_to_one(kind: str, buddy_round: Round, user_id: str, *key: object) -> str:
    """Write the key of a message to one person."""
    return about(buddy_round, *key, kind.removeprefix("buddies."), user_id)


def heads_up(buddy_round: Round, member: Member, now: datetime) -> Message:
    """Tell somebody that a round is near: when they work next, or where that is too late, in their hour before."""
    expires = max(buddy_round.starts_at, now)
    opens = heard_at(hours_of(member), now, expires)
    key = about(buddy_round, "heads_up", member.user_id)
    return Message(
        buddy_round.workspace_id, key, HEADS_UP, member.user_id, buddy_round.id, min(opens, expires), expires
    )


def near_at(programme: Programme, buddy_round: Round) -> datetime:
    """Say when a round is near enough to hear of (UTC), by the wall clock it was announced by."""
    at, zone = buddy_round.at or programme.at, buddy_round.zone or programme.zone
    return replace(settings_of(programme).rhythm, at=at, zone=zone).heads_up_at(buddy_round.on)


@lru_cache(maxsize=4096)
def heard_at(hours: WorkingHours, planned: datetime, starts_at: datetime) -> datetime:
    """Choose when somebody hears of a round, as they do of a 1-on-1; many have the same hours."""
    return prep_moment(starts_at, starts_at - planned, hours)


def to_pairing(
    kind: str, buddy_round: Round, pairing: Pairing, team: Sequence[Member], *, now: datetime, until: datetime
) -> Message:
    """Write to all in a pairing, while all of them are at work."""
    opens = suits_most([hours_of(member) for member in team], now)
    key = key_of(kind, buddy_round, pairing)
    receiver = group([member.user_id for member in team])
    ends = max(until, opens + ANNOUNCED_FOR)
    return Message(buddy_round.workspace_id, key, kind, receiver, pairing.id, opens, ends)


def key_of(kind: str, buddy_round: Round, pairing: Pairing) -> str:
    """Write the key of a message to all in a pairing."""
    return about(buddy_round, pairing.place, kind.removeprefix("buddies."))


def announcements(programme: Programme, buddy_round: Round, parts: int, now: datetime) -> list[Message]:
    """Write to the channel, in as many parts as are needed."""
    return [
        Message(
            buddy_round.workspace_id,
            about(buddy_round, "announcement", part),
            ANNOUNCEMENT,
            programme.channel,
            buddy_round.id,
            now,
            now + ANNOUNCED_FOR,
        )
        for part in range(1, parts + 1)
    ]


def part_in(key: str) -> int:
    """Read from the key of an announcement which part it is."""
    return int(key.rpartition(":")[2])


def to_owner(kind: str, buddy_round: Round, owner: str, *key: object, now: datetime) -> Message:
    """Give an owner at once what they asked for, or must know."""
    name = about(buddy_round, *key, kind.removeprefix("buddies."), owner)
    return Message(buddy_round.workspace_id, name, kind, owner, buddy_round.id, now, now + ASKED_FOR)
